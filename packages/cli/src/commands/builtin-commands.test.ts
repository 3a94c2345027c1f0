import { defineCommand } from '@kubewright/core';
import type { CliCommand } from '@kubewright/core';
import { describeCliCommandContract } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { commandHelp, groupHelp, programHelp, unknownCommand } from '../program/help.js';
import { builtinCommands } from './builtin-commands.js';

for (const command of builtinCommands) describeCliCommandContract({ describe, it }, command);

describe('help', () => {
  const command = (name: string, summary = name): CliCommand =>
    defineCommand({ name, summary, options: {}, load: async () => async () => 0 });

  it('lists the commands, and of those with a common first word only the second', () => {
    expect(programHelp([command('up', 'start a cluster'), command('one two'), command('one three')]))
      .toBe(`usage: kubewright COMMAND [OPTIONS]

commands:
  up       start a cluster
  one ...  two, three

kubewright COMMAND --help tells more about one; kubewright --version tells the version.
`);
  });

  it('lists the commands of a group', () => {
    expect(groupHelp('one', [command('one two', 'do this'), command('one three', 'do that')]))
      .toBe(`usage: kubewright one COMMAND [OPTIONS]

commands:
  one two    do this
  one three  do that

kubewright one COMMAND --help tells more about one.
`);
  });

  it('shows options with their defaults and variables', () => {
    const [up] = builtinCommands;
    expect(up && commandHelp(up)).toContain(
      '--port NUMBER            where the API server listens on 127.0.0.1; 0 takes a free port (default 6443; env KUBEWRIGHT_PORT)',
    );
  });

  it('guesses what was meant', () => {
    expect(unknownCommand(['upp'], builtinCommands).message).toContain(
      "there is no command 'upp' (did you mean 'up'?)",
    );
    expect(unknownCommand(['--port'], builtinCommands).message).toContain(
      'there is no option --port without a command',
    );
    expect(unknownCommand(['cni', 'instal'], builtinCommands).message).toContain(
      "there is no command 'cni instal' (did you mean 'cni install'?): see kubewright cni --help",
    );
  });
});

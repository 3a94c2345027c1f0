import { describeCliCommandContract } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { commandHelp, programHelp, unknownCommand } from '../cli/help.js';
import { builtinCommands } from './builtin-commands.js';

for (const command of builtinCommands) describeCliCommandContract({ describe, it }, command);

describe('help', () => {
  it('lists the commands', () => {
    expect(programHelp(builtinCommands)).toBe(`usage: kubewright COMMAND [OPTIONS]

commands:
  up     start a cluster in this process and keep it until Ctrl-C
  dev    run a program on a cluster that stays while the program restarts with each change
  graph  print the plugins of a cluster and what they need of each other

kubewright COMMAND --help tells more about one; kubewright --version tells the version.
`);
  });

  it('shows options with their defaults and variables', () => {
    const [up] = builtinCommands;
    expect(up && commandHelp(up)).toContain(
      '--port NUMBER            where the API server listens on 127.0.0.1; 0 takes a free port (default 6443; env KUBEWRIGHT_PORT)',
    );
  });

  it('guesses what was meant', () => {
    expect(unknownCommand('upp', builtinCommands).message).toContain("there is no command 'upp' (did you mean 'up'?)");
    expect(unknownCommand('--port', builtinCommands).message).toContain('there is no option --port without a command');
  });
});

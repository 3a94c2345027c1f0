/**
 * The command line: finds the command, reads its options, runs it, and says in one line what went wrong. The commands
 * themselves are contributions to the extension point `CliCommand`, in `commands/` and in plugins.
 */
import { defineSettings, didYouMean } from '@kubewright/core';
import type { CliCommand } from '@kubewright/core';
import { describeSettings } from '@kubewright/core/config';
import { cliErrors } from '../errors.js';

/** What every command understands. */
const commonOptions = defineSettings({
  verbose: { type: 'boolean', default: false, description: 'show stack traces of errors' },
});

/** What `kubewright --help` prints: commands of one word, and of the others the words they begin with. */
export function programHelp(commands: readonly CliCommand[]): string {
  const groups = Map.groupBy(commands, ({ name }) => firstWord(name));
  const rows = [...groups].map(([word, members]): Row => {
    const [only] = members;
    if (only?.name === word && members.length === 1) return [word, only.summary];
    return [`${word} ...`, members.map(({ name }) => name.slice(word.length + 1)).join(', ')];
  });
  return `usage: kubewright COMMAND [OPTIONS]\n\ncommands:\n${table(rows)}\nkubewright COMMAND --help tells more about one; kubewright --version tells the version.\n`;
}

/** What `kubewright GROUP` prints, where GROUP is the first word of several commands. */
export function groupHelp(group: string, commands: readonly CliCommand[]): string {
  const rows = commands.map(({ name, summary }): Row => [name, summary]);
  return `usage: kubewright ${group} COMMAND [OPTIONS]\n\ncommands:\n${table(rows)}\nkubewright ${group} COMMAND --help tells more about one.\n`;
}

type Row = readonly [name: string, summary: string];

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
}

/** What `kubewright COMMAND --help` prints. */
export function commandHelp({ name, summary, options, positionals }: CliCommand): string {
  const words = positionals === undefined ? '' : ` ${positionals}`;
  const settings = describeSettings({ ...options, ...commonOptions });
  return `usage: kubewright ${name}${words} [OPTIONS]\n\n${summary}\n\noptions:\n${settings}`;
}

export function unknownCommand(words: readonly string[], commands: readonly CliCommand[]): Error {
  const [first = '', second] = words;
  const group = groupOf(first, commands);
  const names = (group.length > 0 ? group : commands).map(({ name }) => name);
  const word = group.length > 0 && second !== undefined ? `${first} ${second}` : first;
  const what = word.startsWith('-') ? `there is no option ${word} without a command` : `there is no command '${word}'`;
  return cliErrors.USAGE({
    problem: `${what}${didYouMean(word, names)}`,
    command: group.length > 0 ? first : '',
  });
}

/** The commands of several words that begin with this one. */
export function groupOf(word: string, commands: readonly CliCommand[]): readonly CliCommand[] {
  return commands.filter(({ name }) => name !== word && firstWord(name) === word);
}

function firstWord(name: string): string {
  return name.split(' ')[0] ?? name;
}

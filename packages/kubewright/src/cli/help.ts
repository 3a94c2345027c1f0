import { didYouMean } from '@kubewright/core';
import type { CliCommand } from '@kubewright/core';
import { describeSettings } from '@kubewright/core/config';
import { kubewrightErrors } from '../errors/kubewright-errors.js';
import { commonOptions } from './common-options.js';

/** What `kubewright --help` prints. */
export function programHelp(commands: readonly CliCommand[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
  return `usage: kubewright COMMAND [OPTIONS]\n\ncommands:\n${lines}\nkubewright COMMAND --help tells more about one; kubewright --version tells the version.\n`;
}

/** What `kubewright COMMAND --help` prints. */
export function commandHelp({ name, summary, options = {}, positionals }: CliCommand): string {
  const words = positionals === undefined ? '' : ` ${positionals}`;
  const settings = describeSettings({ ...options, ...commonOptions });
  return `usage: kubewright ${name}${words} [OPTIONS]\n\n${summary}\n\noptions:\n${settings}`;
}

export function unknownCommand(word: string, commands: readonly CliCommand[]): Error {
  const names = commands.map(({ name }) => name);
  const what = word.startsWith('-') ? `there is no option ${word} without a command` : `there is no command '${word}'`;
  return kubewrightErrors.USAGE({ problem: `${what}${didYouMean(word, names)}`, command: '' });
}

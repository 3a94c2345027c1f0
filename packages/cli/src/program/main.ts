import { SystemClock, SystemRandom, parseTrusted } from '@kubewright/core';
import type { CliCommand, CommandContext, ReadCommandLine } from '@kubewright/core';
import { loadSettings } from '@kubewright/core/config';
import { builtinCommands } from '../commands/builtin-commands.js';
import { cliErrors } from '../errors.js';
import { consoleLogger } from 'kubewright/logging';
import { projectConfig } from '../commands/project.js';
import { reportFailure } from './report-failure.js';
import { untilInterrupted } from './until-interrupted.js';

/** Runs a command line and sets the process's exit code: 0, 1 where the command failed, 2 where the words make no sense. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    process.exitCode = await run(argv);
  } catch (error) {
    process.exitCode = reportFailure(error, withoutVerbose(argv).length < argv.length);
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const words = argv.map((word) => (word === '-h' ? '--help' : word));
  if (words[0] === '--version') return await printVersion();
  const command = findCommand(builtinCommands, words);
  if (command !== undefined && !words.includes('--help')) return await execute(command, words);
  // Help and commands of plugins need to know all of them.
  const { pluginCommands } = await import('../commands/plugin-commands.js');
  const commands = [...builtinCommands, ...(await pluginCommands(process.cwd()))];
  const found = command ?? findCommand(commands, words);
  if (found !== undefined && !words.includes('--help')) return await execute(found, words);
  const { commandHelp, groupHelp, groupOf, programHelp, unknownCommand } = await import('./help.js');
  if (found !== undefined) return print(commandHelp(found));
  const [first, second] = words;
  if (first === undefined || first === '--help' || first === 'help') return print(programHelp(commands));
  const group = groupOf(first, commands);
  if (group.length > 0 && (second === undefined || second === '--help')) return print(groupHelp(first, group));
  throw unknownCommand(words, commands);
}

/** The command whose words begin the line; of several the longest. */
function findCommand(commands: readonly CliCommand[], words: readonly string[]): CliCommand | undefined {
  return commands
    .filter(({ name }) => name.split(' ').every((word, index) => words[index] === word))
    .toSorted((left, right) => right.name.length - left.name.length)[0];
}

async function execute(command: CliCommand, words: readonly string[]): Promise<number> {
  const directory = process.cwd();
  const { path, settings: sections } = await projectConfig(directory);
  const section = sections?.[command.name];
  const read: ReadCommandLine = (options) => {
    const { settings, positionals } = loadSettings(options, {
      argv: withoutVerbose(words.slice(command.name.split(' ').length)),
      env: process.env,
      ...(section !== undefined && { file: { name: `${path}, section ${command.name}`, values: section } }),
    });
    const [surplus] = positionals;
    if (surplus !== undefined && command.positionals === undefined)
      throw cliErrors.USAGE({ problem: `'${surplus}' is too much`, command: command.name });
    return { options: settings, positionals };
  };
  return (await untilInterrupted((signal) => command.run(read, surroundings(directory, signal)))) ?? 0;
}

/** The real ones. */
function surroundings(directory: string, signal: AbortSignal): CommandContext {
  const { stdin, stdout, stderr, env } = process;
  const logger = consoleLogger({ level: 'warn' });
  return {
    io: { stdin, stdout, stderr },
    logger,
    clock: new SystemClock(),
    random: new SystemRandom(),
    directory,
    env,
    signal,
  };
}

/** `--verbose` is the program's, wherever it stands before `--`. */
function withoutVerbose(words: readonly string[]): string[] {
  const end = words.indexOf('--');
  return words.filter((word, index) => word !== '--verbose' || (end >= 0 && index > end));
}

async function printVersion(): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const manifest = parseTrusted<{ readonly version: string }>(text);
  return print(`kubewright ${manifest.version}\n`);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

/**
 * Commands of the `kubewright` program, as data: listing them loads none of their code, and a command's code gets all it needs
 * handed in. What reads a command line and finds the command is in `@kubewright/cli`.
 */
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../clock/clock.js';
import type { SettingValues, Settings } from '../config/settings.js';
import type { Logger } from '../logger/logger.js';
import { extensionPoint } from '../plugin/extension-point.js';
import type { ExtensionPoint } from '../plugin/extension-point.js';
import type { Random } from '../random/random.js';

/** Where a command writes; a terminal tells its size. */
export type CommandOutput = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** The streams of a command. */
export interface CommandIo {
  readonly stdin: Readable & {
    readonly isTTY?: boolean;
    setRawMode?(raw: boolean): unknown;
    /** Lets the process end although more input could come. */
    unref?(): unknown;
  };
  /** For what the command was asked for. */
  readonly stdout: CommandOutput;
  /** For progress, warnings and errors. */
  readonly stderr: CommandOutput;
}

/** What surrounds a command that runs. The program owns it; a command closes none of it. */
export interface CommandContext {
  readonly io: CommandIo;
  /** Tells of warnings and errors on stderr. */
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** The directory in which the program was called. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** What the words of a command line say, by the command's options. */
export interface CommandWords<S extends Settings> {
  /** Flags, environment, configuration and defaults, merged and checked. */
  readonly options: SettingValues<S>;
  /** The words that belong to no option, in order. */
  readonly positionals: readonly string[];
}

/** What a command's code gets. */
export type CommandInvocation<S extends Settings> = CommandContext & CommandWords<S>;

/** Runs a command. Resolves to the exit code (nothing means 0); a rejection is printed and exits with 1. */
export type CommandHandler<S extends Settings> = (invocation: CommandInvocation<S>) => Promise<number | void>;

export interface CommandDefinition<S extends Settings> {
  /** One or more words: `up`, `generate crd`. */
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly summary: string;
  /** A table that the command's code imports too belongs into a file of its own. */
  readonly options: S;
  /** How the words after the options are shown in the usage line, as `FILE...`. Absent where the command takes none. */
  readonly positionals?: string;
  /** Imports the command's code. Called only when the command is about to run. */
  load(): Promise<CommandHandler<S>>;
}

/** Reads a command line by a table of options. @throws `INVALID_SETTINGS` for words that it does not allow */
export type ReadCommandLine = <S extends Settings>(options: S) => CommandWords<S>;

/** A command as a program sees it: made by `defineCommand`, which keeps the types of its options to itself. */
export interface CliCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: Settings;
  readonly positionals?: string;
  load(): Promise<(invocation: never) => Promise<number | void>>;
  /** Reads the command line, then loads the code and runs it. */
  run(read: ReadCommandLine, context: CommandContext): Promise<number | void>;
}

/**
 * Defines a command. Its handler is typed by its options.
 *
 * ```ts
 * use({
 *   name: 'up-command',
 *   contributes: [contribute(CliCommand, { value: defineCommand({
 *     name: 'up',
 *     summary: 'start a cluster in this process',
 *     options: upOptions,
 *     load: async () => (await import('./up.js')).up,
 *   }) })],
 * });
 *
 * // up.ts
 * export const up: CommandHandler<typeof upOptions> = async ({ options, io, signal }) => …
 * ```
 */
export function defineCommand<const S extends Settings>(definition: CommandDefinition<S>): CliCommand {
  const { name, summary, positionals, options, load } = definition;
  return {
    name,
    summary,
    options,
    ...(positionals !== undefined && { positionals }),
    load,
    run: async (read, context) => {
      const words = read(options);
      return (await load())({ ...context, ...words });
    },
  };
}

/** Commands that a plugin adds to the program. They are read without building the plugin, so they are contributed as values. */
export const CliCommand: ExtensionPoint<CliCommand> = extensionPoint('@kubewright/core/CliCommand');

import type { Settings } from '../config/settings.js';
import { extensionPoint } from '../plugin/extension-point.js';
import type { ExtensionPoint } from '../plugin/extension-point.js';

/** What a command gets when it runs. */
export interface CliInvocation {
  /** The command's options: flags, environment and defaults already merged and checked against `CliCommand.options`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The words that belong to no option, in order. */
  readonly positionals: readonly string[];
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** Runs a command. Resolves to the exit code (nothing means 0); a rejection is printed and exits with 1. */
export type CliHandler = (invocation: CliInvocation) => Promise<number | void>;

/**
 * A command of the `kubewright` program. It is data, so that listing the commands loads none of them.
 *
 * ```ts
 * use({
 *   name: 'up-command',
 *   contributes: [contribute(CliCommand, { value: {
 *     name: 'up',
 *     summary: 'start a cluster in this process',
 *     options: { port: { type: 'number', default: 6443, description: 'where the API server listens' } },
 *     load: async () => (await import('./up.js')).up,
 *   } })],
 * });
 * ```
 */
export interface CliCommand {
  /** One or more words: `up`, `generate crd`. */
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly summary: string;
  readonly options?: Settings;
  /** How the words after the options are shown in the usage line, as `FILE...`. Absent where the command takes none. */
  readonly positionals?: string;
  /** Imports the command's code. Called only when the command is about to run. */
  load(): Promise<CliHandler>;
}

export const CliCommand: ExtensionPoint<CliCommand> = extensionPoint('@kubewright/core/CliCommand');

/**
 * Showing volumes at paths, safely when repeated: what is mounted is read from the kernel's table and never guessed,
 * nothing is mounted twice, no data is formatted over or deleted, and mounts whose server died are replaced.
 * Neighbours: none; a driver's node service calls these functions with a `Mounter`.
 */
import { spawn } from 'node:child_process';
import type { Clock } from '@kubewright/core';
import { hasCode } from '@kubewright/core';
import { abortReason } from '@kubewright/core/async';
import { csiErrors } from '../errors.js';

/** Formatting a large disk takes long; nothing that hangs should hang for ever. Milliseconds. */
const defaultDeadline = 120_000;
/** More output than this is not read by anyone. */
const longestOutput = 64 * 1024;
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface CommandOptions {
  /** Milliseconds until the program is killed. Default: 120,000. */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
  /** Exit codes that are answers, not failures. Default: 0 only. */
  readonly accept?: readonly number[];
}

export interface CommandResult {
  readonly status: number;
  readonly output: string;
}

/** Runs programs of the system. */
export interface Commands {
  /** @throws COMMAND_MISSING, COMMAND_FAILED, COMMAND_TIMEOUT, or the signal's reason */
  run(command: string, args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
}

/** Runs programs without a shell: arguments reach them as they are, whatever is in them. */
export class SystemCommands implements Commands {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const { deadline = defaultDeadline, signal, accept = [0] } = options;
    const line = [command, ...args].join(' ');
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const child = spawn(command, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: searchPath, LC_ALL: 'C' },
      });
      const output: string[] = [];
      let length = 0;
      const read = (chunk: Buffer): void => {
        if (length < longestOutput) output.push(chunk.toString());
        length += chunk.length;
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      let failure: Error | undefined;
      const kill = (reason: Error): void => {
        failure ??= reason;
        child.kill('SIGKILL');
      };
      const timer = this.#clock.setTimer(deadline, () =>
        kill(csiErrors.COMMAND_TIMEOUT({ command: line, milliseconds: deadline })),
      );
      const abort = (): void => kill(abortReason(signal));
      signal?.addEventListener('abort', abort, { once: true });
      const settle = (finish: () => void): void => {
        timer.cancel();
        signal?.removeEventListener('abort', abort);
        finish();
      };
      child.on('error', (cause) =>
        settle(() => {
          const missing = hasCode(cause, 'ENOENT');
          reject(missing ? csiErrors.COMMAND_MISSING({ command }, { cause }) : cause);
        }),
      );
      child.on('close', (status, killedBy) =>
        settle(() => {
          const text = output.join('').trim();
          if (failure !== undefined) reject(failure);
          else if (status !== null && accept.includes(status)) resolve({ status, output: text });
          else {
            const ended = killedBy === null ? `status ${status}` : killedBy;
            reject(csiErrors.COMMAND_FAILED({ command: line, status: ended, output: text }));
          }
        }),
      );
    });
  }
}

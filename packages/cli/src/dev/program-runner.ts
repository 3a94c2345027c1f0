import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '@kubewright/core';

export interface ProgramRunnerOptions {
  /** Absolute. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Called when the program ends by itself, with how: `exited with code 1`. */
  readonly onExit: (how: string) => void;
}

/** Milliseconds that a program has to end after SIGTERM, before it is killed. */
const grace = 5_000;

/** Runs a TypeScript or JavaScript program in a process of its own, at most one at a time. */
export class ProgramRunner {
  readonly #options: ProgramRunnerOptions;
  #child: { readonly process: ChildProcess; readonly ended: Promise<void> } | undefined;
  /** Starts and stops, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: ProgramRunnerOptions) {
    this.#options = options;
  }

  /** Ends the program where it runs, and starts it. Several calls at once start it once for each, in turn. */
  restart(): Promise<void> {
    const before = this.#turn;
    this.#turn = (async () => {
      await before;
      await this.#end();
      if (!this.#isStopped) this.#start();
    })();
    return this.#turn;
  }

  /** Ends the program for good. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#turn = this.#turn.then(() => this.#end());
    return this.#turn;
  }

  #start(): void {
    const { file, env, onExit } = this.#options;
    const tsconfig = nearestTsconfig(dirname(file));
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
      stdio: 'inherit',
      // tsx looks in the working directory only, and the tsconfig says which kind of decorators these are.
      env: { ...env, ...(tsconfig !== undefined && { TSX_TSCONFIG_PATH: tsconfig }) },
    });
    const ended = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        onExit(`could not be started: ${error.message}`);
        resolve();
      });
      child.once('exit', (code, signal) => {
        if (this.#child?.process === child) {
          this.#child = undefined;
          onExit(signal === null ? `exited with code ${code}` : `was ended by ${signal}`);
        }
        resolve();
      });
    });
    this.#child = { process: child, ended };
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    child.process.kill('SIGTERM');
    using _kill = this.#options.clock.setTimer(grace, () => child.process.kill('SIGKILL'));
    await child.ended;
  }
}

function nearestTsconfig(directory: string): string | undefined {
  const path = join(directory, 'tsconfig.json');
  if (existsSync(path)) return path;
  const parent = dirname(directory);
  return parent === directory ? undefined : nearestTsconfig(parent);
}

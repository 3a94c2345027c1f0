import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One of this folder's programs, started again whenever it was killed. */
export class Restarted implements AsyncDisposable {
  readonly #args: readonly string[];
  readonly #running: Promise<void>;
  #child: ChildProcess | undefined;
  #isOver = false;
  kills = 0;

  /** @param name - of the program's file, without its ending. */
  constructor(name: string, ...args: readonly string[]) {
    this.#args = [fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url)), ...args];
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const child = spawn(process.execPath, this.#args, { stdio: ['ignore', 'ignore', 'inherit'] });
      this.#child = child;
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      if (signal === 'SIGKILL') this.kills++;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#child?.kill('SIGTERM');
    await this.#running;
  }
}

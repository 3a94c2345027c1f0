import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How much of what a program said is kept, in characters. */
const mostOutput = 20_000;

/** A program that runs until it is disposed of, and what it said last. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = '';

  constructor(path: string, args: readonly string[]) {
    this.#child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    // A program that cannot be started ends, too.
    this.#ended = once(this.#child, 'close').catch((error: unknown) => this.#hear(String(error)));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.#hear(chunk.toString()));
    }
  }

  get output(): string {
    return this.#output;
  }

  #hear(text: string): void {
    this.#output = (this.#output + text).slice(-mostOutput);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}

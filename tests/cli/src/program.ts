/** The `kubewright` program as a process of its own, as a user's shell would start it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '@kubewright/core';

const bin = fileURLToPath(new URL('../../../packages/cli/bin/kubewright.js', import.meta.url));
/** Milliseconds after which a process that says nothing of what is waited for counts as stuck. */
const patience = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Program {
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(argv: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [bin, ...argv], { cwd, env: { ...process.env, ...env } });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#hear((this.stdout += chunk.toString())));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#hear((this.stderr += chunk.toString())));
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#hear('');
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when its output matches; rejects, with all that it said, when it ends before or is silent for too long. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    let isLate = false;
    using _late = new SystemClock().setTimer(patience, () => {
      isLate = true;
      this.#hear('');
    });
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match) return match;
      const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (!hasEnded && !isLate) await new Promise<void>((resolve) => this.#listeners.add(resolve));
      else throw new Error(`the program did not say ${String(pattern)}, but:\n${this.stdout}${this.stderr}`);
    }
  }

  #hear(_said: string): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

/** A directory for one test, and the programs that run in it. Everything is gone when it is disposed of. */
export class Folder implements AsyncDisposable {
  readonly #programs: Program[] = [];

  private constructor(readonly path: string) {}

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'kubewright-cli-')));
  }

  start(argv: readonly string[], env?: Readonly<Record<string, string>>): Program {
    const program = new Program(argv, this.path, env);
    this.#programs.push(program);
    return program;
  }

  run(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> {
    return this.start(argv, env).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) program.kill('SIGKILL');
    await Promise.all(this.#programs.map(({ ended }) => ended));
    await rm(this.path, { recursive: true, force: true });
  }
}

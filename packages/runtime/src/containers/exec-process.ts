import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@kubewright/core';
import type { OciProcess } from '../oci/spec.js';
import { killTree } from './process-tree.js';

/** How long output is waited for after the command itself has ended: what it started may hold its streams open. */
const drainTime = 1_000;

export interface ExecOptions {
  /** The OCI runtime's command line up to its global options. */
  readonly command: readonly string[];
  readonly containerId: string;
  readonly process: OciProcess;
  /** Where files of the call are kept while it goes on. */
  readonly directory: string;
  readonly clock: Clock;
  /** Kills the command with all that it started. */
  readonly signal: AbortSignal;
  readonly stdin?: Readable;
  readonly onStdout: (chunk: Buffer) => boolean;
  readonly onStderr: (chunk: Buffer) => boolean;
  /** Waits until an output that answered false has room again. */
  readonly drained?: () => Promise<void>;
}

/** Runs a command in a running container. @returns its exit code; rejects with the signal's reason. */
export async function execProcess(options: ExecOptions): Promise<number> {
  const { command, containerId, clock, signal } = options;
  signal.throwIfAborted();
  const home = await mkdtemp(join(options.directory, 'exec-'));
  try {
    const pidFile = join(home, 'pid');
    const specFile = join(home, 'process.json');
    await writeFile(specFile, JSON.stringify(options.process), { mode: 0o600 });
    const [program = '', ...args] = command;
    const child = spawn(program, [...args, 'exec', '--process', specFile, '--pid-file', pidFile, containerId], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    const stop = async (): Promise<void> => {
      const pid = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
      if (pid > 0) await killTree(pid);
      child.kill('SIGKILL');
    };
    const abort = (): void => void stop();
    signal.addEventListener('abort', abort, { once: true });
    pump(child.stdout, options.onStdout, options.drained);
    pump(child.stderr, options.onStderr, options.drained);
    child.stdin.on('error', () => undefined);
    if (options.stdin === undefined) child.stdin.end();
    else options.stdin.on('error', () => child.stdin.end()).pipe(child.stdin);
    try {
      const code = await new Promise<number>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (exit) => {
          const timer = clock.setTimer(drainTime, () => resolve(exit ?? 137));
          child.once('close', () => {
            timer.cancel();
            resolve(exit ?? 137);
          });
        });
      });
      signal.throwIfAborted();
      return code;
    } finally {
      signal.removeEventListener('abort', abort);
      options.stdin?.unpipe(child.stdin);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function pump(from: Readable, take: (chunk: Buffer) => boolean, drained: (() => Promise<void>) | undefined): void {
  from.on('error', () => undefined);
  from.on('data', (chunk: Buffer) => {
    if (take(chunk) || drained === undefined) return;
    from.pause();
    void drained().then(
      () => from.resume(),
      () => from.resume(),
    );
  });
}

/** Collects output up to a number of bytes and drops the rest, so that the command does not block. */
export class LimitedOutput {
  readonly #limit: number;
  readonly #parts: Buffer[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  readonly take = (chunk: Buffer): boolean => {
    const part = chunk.subarray(0, this.#limit - this.#size);
    this.#size += part.length;
    if (part.length > 0) this.#parts.push(part);
    return true;
  };

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Passes output on to a client's stream; one that is gone or was not asked for takes everything. */
export function intoStream(stream: Writable | undefined): (chunk: Buffer) => boolean {
  return (chunk) => stream === undefined || !stream.writable || stream.write(chunk);
}

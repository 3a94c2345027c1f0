import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@kubewright/core';
import type { TerminalSize } from '@kubewright/cri-sdk';
import { PseudoTerminal } from '@kubewright/linux';
import type { OciProcess } from '../oci/spec.js';
import { killTree } from './process-tree.js';

/** How long output is waited for after the command itself has ended: what it started may hold its streams open. */
const drainTime = 1_000;
/** How long the OCI runtime may take to collect a command that was killed, in milliseconds. */
const collectTime = 2_000;

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
  /** With a terminal: what it takes on. */
  readonly sizes?: AsyncIterable<TerminalSize>;
  readonly onStdout: (chunk: Buffer) => boolean;
  readonly onStderr: (chunk: Buffer) => boolean;
  /** Waits until an output that answered false has room again. */
  readonly drained?: () => Promise<void>;
}

/** Names files of calls; those of an earlier process are removed when the runtime starts. */
let calls = 0;

/** Runs a command in a running container. @returns its exit code; rejects with the signal's reason. */
export async function execProcess(options: ExecOptions): Promise<number> {
  const { command, containerId, clock, signal } = options;
  signal.throwIfAborted();
  const name = join(options.directory, String(calls++));
  const [pidFile, specFile] = [`${name}.pid`, `${name}.json`];
  try {
    // A few kilobytes in memory are written sooner than a thread could be asked to; probes come by the second.
    writeFileSync(specFile, JSON.stringify(options.process), { mode: 0o600 });
    const [program = '', ...args] = command;
    using terminal = options.process.terminal ? new PseudoTerminal() : undefined;
    const end = terminal?.programEnd ?? 'pipe';
    const child = spawn(program, [...args, 'exec', '--process', specFile, '--pid-file', pidFile, containerId], {
      stdio: [end, end, end],
      env: { PATH: process.env['PATH'] },
    });
    if (terminal !== undefined) closeSync(terminal.programEnd);
    const stop = async (): Promise<void> => {
      const pid = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
      if (pid > 0) await killTree(pid);
      // The OCI runtime has to collect what was killed, or it would stay as a zombie in the container.
      clock.setTimer(collectTime, () => child.kill('SIGKILL'), { ref: false });
    };
    const abort = (): void => void stop();
    signal.addEventListener('abort', abort, { once: true });
    const streams = terminal === undefined ? pipesOf(child) : { stdin: terminal.stream, stdout: terminal.stream };
    pump(streams.stdout, options.onStdout, options.drained);
    if ('stderr' in streams) pump(streams.stderr, options.onStderr, options.drained);
    streams.stdin.on('error', () => undefined);
    if (options.stdin !== undefined)
      options.stdin.on('error', () => streams.stdin.end()).pipe(streams.stdin, { end: terminal === undefined });
    else if (terminal === undefined) streams.stdin.end();
    if (terminal !== undefined && options.sizes !== undefined) void followSizes(options.sizes, terminal, child);
    try {
      const code = await new Promise<number>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (exit) => {
          const done = (): void => {
            timer.cancel();
            resolve(exit ?? 137);
          };
          const timer = clock.setTimer(drainTime, done);
          if (terminal === undefined) child.once('close', done);
          else if (terminal.stream.destroyed) done();
          else terminal.stream.once('close', done);
        });
      });
      signal.throwIfAborted();
      return code;
    } finally {
      signal.removeEventListener('abort', abort);
      options.stdin?.unpipe(streams.stdin);
      for (const stream of Object.values(streams)) stream.destroy();
    }
  } finally {
    for (const file of [pidFile, specFile]) rmSync(file, { force: true });
  }
}

function pipesOf(child: ChildProcess): {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
} {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('a child without pipes');
  return { stdin, stdout, stderr };
}

/** The OCI runtime passes the size of its terminal on to the command when it is told to look. */
async function followSizes(
  sizes: AsyncIterable<TerminalSize>,
  terminal: PseudoTerminal,
  child: ChildProcess,
): Promise<void> {
  for await (const size of sizes) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    terminal.resize(size);
    child.kill('SIGWINCH');
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

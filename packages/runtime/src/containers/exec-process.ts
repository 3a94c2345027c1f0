import { closeSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@kubewright/core';
import type { TerminalSize } from '@kubewright/cri-sdk';
import { PseudoTerminal, spawnProcess } from '@kubewright/linux';
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
    const child = spawnProcess(program, [...args, 'exec', '--process', specFile, '--pid-file', pidFile, containerId], {
      environment: { PATH: process.env['PATH'] },
      input: options.stdin !== undefined && terminal === undefined,
      ...(terminal !== undefined && { terminal: terminal.programEnd }),
    });
    if (terminal !== undefined) closeSync(terminal.programEnd);
    let hasEnded = false;
    const send = (name: NodeJS.Signals): void => {
      try {
        if (!hasEnded) process.kill(child.pid, name);
      } catch {
        // It ended just now.
      }
    };
    const stop = async (): Promise<void> => {
      const pid = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
      if (pid > 0) await killTree(pid);
      // The OCI runtime has to collect what was killed, or it would stay as a zombie in the container.
      clock.setTimer(collectTime, () => send('SIGKILL'), { ref: false });
    };
    const abort = (): void => void stop();
    // The OCI runtime passes the size of its terminal on to the command when it is told to look.
    const resize = (size: TerminalSize): void => {
      if (!hasEnded) terminal?.resize(size);
      send('SIGWINCH');
    };
    signal.addEventListener('abort', abort, { once: true });
    const stdin = terminal?.stream ?? child.stdin;
    const outputs = terminal === undefined ? [child.stdout, child.stderr] : [terminal.stream];
    const closed = outputs.map((stream) => new Promise((done) => stream?.once('close', done)));
    for (const [index, take] of [options.onStdout, options.onStderr].entries())
      pump(outputs[index], take, options.drained);
    stdin?.on('error', () => undefined);
    if (options.stdin !== undefined && stdin !== undefined)
      options.stdin.on('error', () => stdin.end()).pipe(stdin, { end: terminal === undefined });
    if (terminal !== undefined && options.sizes !== undefined) void followSizes(options.sizes, resize);
    try {
      const code = await child.exited;
      hasEnded = true;
      const late = new AbortController();
      await Promise.race([Promise.all(closed), clock.sleep(drainTime, late.signal).catch(() => undefined)]);
      late.abort();
      signal.throwIfAborted();
      return code;
    } finally {
      signal.removeEventListener('abort', abort);
      options.stdin?.unpipe(stdin);
      for (const stream of [stdin, ...outputs]) stream?.destroy();
    }
  } finally {
    for (const file of [pidFile, specFile]) rmSync(file, { force: true });
  }
}

async function followSizes(sizes: AsyncIterable<TerminalSize>, resize: (size: TerminalSize) => void): Promise<void> {
  for await (const size of sizes) resize(size);
}

function pump(
  from: Readable | undefined,
  take: (chunk: Buffer) => boolean,
  drained: (() => Promise<void>) | undefined,
): void {
  from?.on('error', () => undefined);
  from?.on('data', (chunk: Buffer) => {
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

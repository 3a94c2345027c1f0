import { closeSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '@kubewright/core';
import type { TerminalSize } from '@kubewright/cri-sdk';
import { PseudoTerminal, spawnProcess } from '@kubewright/linux';
import type { OciProcess } from '../oci/spec.js';
import { awaitFirstSize, usualSize } from './first-size.js';
import { endHeldTerminal } from './held-terminal.js';
import { OutputPump, takeRest } from './output-pump.js';
import type { TakeOutput } from './output-pump.js';
import { killTree } from '../monitor/process-tree.js';

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
  /** With a terminal: what it takes on. The command starts with the first one, where that comes soon. */
  readonly sizes?: AsyncIterable<TerminalSize>;
  readonly onStdout: TakeOutput;
  readonly onStderr: TakeOutput;
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
    using terminal = options.process.terminal ? new PseudoTerminal() : undefined;
    let size = usualSize;
    let apply = (): void => undefined;
    const resize = (told: TerminalSize): void => {
      size = told;
      apply();
    };
    if (terminal !== undefined && options.sizes !== undefined)
      await awaitFirstSize(options.sizes, resize, clock, signal);
    terminal?.resize(size);
    // A few kilobytes in memory are written sooner than a thread could be asked to; probes come by the second.
    const spec = { ...options.process, ...(terminal && { consoleSize: size }) };
    writeFileSync(specFile, JSON.stringify(spec), { mode: 0o600 });
    const [program = '', ...args] = command;
    const child = spawnProcess(program, [...args, 'exec', '--process', specFile, '--pid-file', pidFile, containerId], {
      environment: { PATH: process.env['PATH'] },
      input: options.stdin !== undefined && terminal === undefined,
      ...(terminal !== undefined && { terminal: terminal.programEnd }),
    });
    if (terminal !== undefined) closeSync(terminal.programEnd);
    shareScore(child.pid, options.process);
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
    apply = () => {
      if (!hasEnded) terminal?.resize(size);
      send('SIGWINCH');
    };
    signal.addEventListener('abort', abort, { once: true });
    const stdin = terminal?.stream ?? child.stdin;
    const over = new AbortController();
    const outputs = terminal === undefined ? [child.stdout, child.stderr] : [terminal.stream];
    const onHeld = terminal === undefined ? undefined : endHeldTerminal(pidFile, clock, over.signal);
    const pumps = outputs.flatMap((stream, index) =>
      stream === undefined ? [] : [new OutputPump(stream, index === 0 ? options.onStdout : options.onStderr, onHeld)],
    );
    // Until the OCI runtime has been loaded there is nobody to hear of a size; once there is output, there is.
    terminal?.stream.once('data', () => apply());
    stdin?.on('error', () => undefined);
    if (options.stdin !== undefined && stdin !== undefined)
      options.stdin.on('error', () => stdin.end()).pipe(stdin, { end: terminal === undefined });
    // What nobody reads any more must not keep the client's other streams waiting.
    stdin?.once('close', () => options.stdin?.resume());
    try {
      const code = await child.exited;
      hasEnded = true;
      await takeRest(pumps, clock);
      signal.throwIfAborted();
      return code;
    } finally {
      over.abort();
      signal.removeEventListener('abort', abort);
      options.stdin?.unpipe(stdin);
      for (const stream of [stdin, ...outputs]) stream?.destroy();
    }
  } finally {
    for (const file of [pidFile, specFile]) rmSync(file, { force: true });
  }
}

/**
 * Commands get the container's score, and not that of this runtime, which the kernel may have been told to spare: crun 1.8 sets
 * none for them. It is inherited, so the OCI runtime gets it before it has begun to work.
 */
function shareScore(pid: number, { oomScoreAdj }: OciProcess): void {
  if (oomScoreAdj === undefined) return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(oomScoreAdj));
  } catch {
    // It has ended already.
  }
}

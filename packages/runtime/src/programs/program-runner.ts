import type { Clock } from '@kubewright/core';
import { messageOf } from '@kubewright/core';
import { linuxErrors, spawnProcess } from '@kubewright/linux';
import type { SpawnedProcess } from '@kubewright/linux';
import { runtimeErrors } from '../errors.js';

/** How long a program may take unless told otherwise, in milliseconds. */
const defaultTimeout = 30_000;
/** How much of its output is kept; the rest is read and dropped, so that the program does not block. */
const defaultKept = 1024 * 1024;

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** In milliseconds. Default: 30,000; 0 for none. */
  readonly timeout?: number;
  readonly input?: string;
  /** Bytes of each output that are kept. Default: 1 MiB. */
  readonly keep?: number;
  /** Whether an exit code other than 0 is answered instead of thrown. Default: false. */
  readonly anyCode?: boolean;
  /** What errors call it. Default: the program and its first argument. */
  readonly called?: string;
}

export interface ProgramOutput {
  /** 128 and the signal's number where a signal ended it. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface ProgramRunner {
  /** @throws MISSING_PROGRAM, PROGRAM_FAILED, PROGRAM_TIMEOUT */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<ProgramOutput>;
}

/** Runs programs as children of this process, each the leader of a process group. */
export class SystemPrograms implements ProgramRunner {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async run(program: string, args: readonly string[], options: RunOptions = {}): Promise<ProgramOutput> {
    options.signal?.throwIfAborted();
    const { timeout = defaultTimeout, keep = defaultKept, called = `${program} ${args[0] ?? ''}`.trim() } = options;
    const child = start(program, args, options.input !== undefined);
    let hasEnded = false;
    const kill = (): void => {
      try {
        if (!hasEnded) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It ended just now.
      }
    };
    let late = false;
    const timer =
      timeout === 0
        ? undefined
        : this.#clock.setTimer(timeout, () => {
            late = true;
            kill();
          });
    options.signal?.addEventListener('abort', kill, { once: true });
    const [stdout, stderr] = [collect(child.stdout, keep), collect(child.stderr, keep)];
    child.stdin?.on('error', () => undefined).end(options.input ?? '');
    const closed = [child.stdout, child.stderr].map((stream) => new Promise((done) => stream?.once('close', done)));
    try {
      const code = await child.exited;
      // What it left running and holds its outputs is still in its group.
      await Promise.all(closed);
      hasEnded = true;
      options.signal?.throwIfAborted();
      if (late) throw runtimeErrors.PROGRAM_TIMEOUT({ program: called, seconds: timeout / 1000 });
      const output = { code, stdout: stdout(), stderr: stderr() };
      if (code === 0 || options.anyCode === true) return output;
      const text = `${output.stderr.toString()}${output.stdout.toString()}`.trim().slice(-2_000);
      throw runtimeErrors.PROGRAM_FAILED({ program: called, code: `code ${code}`, output: text });
    } finally {
      timer?.cancel();
      options.signal?.removeEventListener('abort', kill);
    }
  }
}

function collect(stream: NodeJS.ReadableStream | undefined, keep: number): () => Buffer {
  const parts: Buffer[] = [];
  let size = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (size >= keep) return;
    parts.push(chunk.subarray(0, keep - size));
    size += chunk.length;
  });
  stream?.on('error', () => undefined);
  return () => Buffer.concat(parts);
}

/** A child that leads a group of its own. @throws MISSING_PROGRAM, PROGRAM_FAILED */
function start(program: string, args: readonly string[], input: boolean): SpawnedProcess {
  try {
    return spawnProcess(program, args, { environment: { PATH: process.env['PATH'] }, input, session: true });
  } catch (cause) {
    if (linuxErrors.SYSCALL.is(cause) && cause.details.errno === 'ENOENT')
      throw runtimeErrors.MISSING_PROGRAM(
        { program, install: 'install it, or correct its path in the settings' },
        { cause },
      );
    const output = messageOf(cause);
    throw runtimeErrors.PROGRAM_FAILED({ program, code: 'an error before it ran', output }, { cause });
  }
}

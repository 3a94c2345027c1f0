/**
 * What stays with a container when this process does not: conmon, a small program that is the parent of the container,
 * writes its log, and leaves its exit code in a file. Neighbours: `oci` runs the container, `containers` reads the exit.
 */
import { spawn } from 'node:child_process';
import { constants, open, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@kubewright/core';
import { killTree } from '../containers/process-tree.js';
import { runtimeErrors } from '../errors.js';
import type { OciRuntime } from '../oci/oci-runtime.js';

/** How long a monitor may take to open a log anew, and how often it is looked after, in milliseconds. */
const reopenTime = 5_000;
const reopenStep = 2;

export interface ConmonOptions {
  /** Default: `conmon`, found on the PATH. */
  readonly program?: string;
  /** Put before the command. */
  readonly prefix: readonly string[];
  /** Where exit codes are left, a file per container. */
  readonly exits: string;
  /** How long the OCI runtime may take to make a container, in milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
}

export interface MonitoredContainer {
  readonly id: string;
  readonly bundle: string;
  /** Empty for none. */
  readonly logPath: string;
  readonly terminal: boolean;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
}

/** Starts monitors and speaks with them. */
export class Conmon {
  readonly #options: ConmonOptions;

  constructor(options: ConmonOptions) {
    this.#options = options;
  }

  /** Makes a container, not started, under a monitor of its own. @returns its process id. @throws PROGRAM_FAILED */
  async create(container: MonitoredContainer, runtime: OciRuntime): Promise<number> {
    const { prefix, program = 'conmon', exits, timeout, clock } = this.#options;
    const { id, bundle, logPath } = container;
    await this.forget(id);
    for (const name of ['attach', 'ctl', 'winsz']) await rm(join(bundle, name), { force: true });
    const args = [
      '--bundle',
      bundle,
      '--cid',
      id,
      '--cuuid',
      id,
      '--name',
      id,
      '--exit-dir',
      exits,
      '--container-pidfile',
      join(bundle, 'pid'),
      '--conmon-pidfile',
      join(bundle, 'conmon.pid'),
      '--log-path',
      logPath === '' ? 'off' : `k8s-file:${logPath}`,
      '--log-level',
      'error',
      '--full-attach',
      '--runtime',
      runtime.command.program,
      ...runtime.command.args.flatMap((arg) => ['--runtime-arg', arg]),
      ...(container.terminal ? ['--terminal'] : []),
      ...(container.stdin ? ['--stdin'] : []),
      ...(container.stdin && !container.stdinOnce ? ['--leave-stdin-open'] : []),
    ];
    const [first = program, ...rest] = [...prefix, program, ...args];
    // The monitor keeps what it is given, so it gets no pipe but the one on which it tells how it went.
    const child = spawn(first, rest, {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      detached: true,
      env: { PATH: process.env['PATH'], _OCI_SYNCPIPE: '3' },
    });
    const pipe = child.stdio[3] as NodeJS.ReadableStream & { destroy(): void };
    try {
      const told = await new Promise<string>((resolve, reject) => {
        const timer = clock.setTimer(timeout, () =>
          reject(runtimeErrors.PROGRAM_TIMEOUT({ program: runtime.command.program, seconds: timeout / 1000 })),
        );
        let text = '';
        const settle = (): void => {
          timer.cancel();
          resolve(text);
        };
        pipe.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (text.includes('\n')) settle();
        });
        pipe.on('end', settle);
        child.on('error', (cause) => {
          timer.cancel();
          reject(runtimeErrors.MISSING_PROGRAM({ program, install: 'install the package conmon' }, { cause }));
        });
      });
      return pidOf(told, runtime.command.program);
    } catch (error) {
      await this.end(id);
      throw error;
    } finally {
      pipe.destroy();
      child.unref();
    }
  }

  /** The exit code of a container that has ended; undefined while it runs. */
  async exitCode(id: string): Promise<number | undefined> {
    const text = await readFile(join(this.#options.exits, id), 'utf8').catch(() => '');
    return /^-?\d+$/.test(text.trim()) ? Number(text) : undefined;
  }

  /** Whether a container's monitor runs; its process id alone could be another's by now. */
  async isAlive(bundle: string, id: string): Promise<boolean> {
    const pid = (await readFile(join(bundle, 'conmon.pid'), 'utf8').catch(() => '')).trim();
    if (!/^\d+$/.test(pid)) return false;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return command.split('\0').includes(id);
  }

  /** Makes the monitor go on in a new log file, which is there then. @throws PROGRAM_TIMEOUT */
  async reopenLog(bundle: string, logPath: string): Promise<void> {
    await this.#tell(bundle, '2 0 0\n');
    // The monitor does it as soon as it reads that, and does not answer.
    for (let waited = 0; waited < reopenTime; waited += reopenStep) {
      if ((await stat(logPath).catch(() => undefined)) !== undefined) return;
      await new Promise<void>((resolve) => void this.#options.clock.setTimer(reopenStep, resolve));
    }
    throw runtimeErrors.PROGRAM_TIMEOUT({ program: 'conmon', seconds: reopenTime / 1000 });
  }

  /** Gives the terminal of a container another size. */
  resize(bundle: string, { width, height }: { readonly width: number; readonly height: number }): Promise<void> {
    return this.#tell(bundle, `1 ${height} ${width}\n`);
  }

  /** Where the streams of a container can be joined. */
  attachSocket(bundle: string): string {
    return join(bundle, 'attach');
  }

  /** Kills the monitor of a container, with the container and an OCI runtime that it may wait for. */
  async end(id: string): Promise<void> {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      // Others may name the container too, as a command that follows its log.
      if (command.includes(id) && command.includes(this.#options.exits)) await killTree(Number(pid));
    }
  }

  /** Removes the exit code. */
  async forget(id: string): Promise<void> {
    await rm(join(this.#options.exits, id), { force: true });
  }

  /** A fifo without a reader would block for good: it is opened so that it fails instead. */
  async #tell(bundle: string, message: string): Promise<void> {
    const fifo = await open(join(bundle, 'ctl'), constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      await fifo.write(message);
    } finally {
      await fifo.close();
    }
  }
}

function pidOf(told: string, program: string): number {
  let answer: { pid?: unknown; message?: unknown } = {};
  try {
    answer = JSON.parse(told.split('\n')[0] ?? '') as typeof answer;
  } catch {
    // The monitor ended without a word.
  }
  if (typeof answer.pid === 'number' && answer.pid > 0) return answer.pid;
  const output = typeof answer.message === 'string' ? answer.message.trim() : 'the monitor ended without an answer';
  throw runtimeErrors.PROGRAM_FAILED({ program: `${program} create`, code: 'an error', output });
}

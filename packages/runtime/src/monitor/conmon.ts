/**
 * What stays with a container when this process does not: conmon, a small program that is the parent of the container,
 * writes its log, and leaves its exit code in a file. Neighbours: `oci` runs the container, `containers` reads the exit.
 */
import { constants, open, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, UnknownRecord } from '@kubewright/core';
import { linuxErrors, spawnProcess } from '@kubewright/linux';
import type { SpawnedProcess } from '@kubewright/linux';
import { recordOf } from '@kubewright/core';
import { killTree } from './process-tree.js';
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

/** How a container ended. */
export interface Exit {
  readonly code: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
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
    const { report: pipe } = start(first, rest);
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
        pipe?.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (text.includes('\n')) settle();
        });
        pipe?.on('error', settle).on('end', settle);
      });
      return pidOf(told, runtime.command.program);
    } catch (error) {
      await this.end(bundle, id);
      throw error;
    } finally {
      pipe?.destroy();
    }
  }

  /** How a container ended; undefined while it runs. */
  async exit(id: string): Promise<Exit | undefined> {
    const path = join(this.#options.exits, id);
    const text = await readFile(path, 'utf8').catch(() => '');
    if (!/^-?\d+$/.test(text.trim())) return undefined;
    return { code: Number(text), at: (await stat(path)).mtimeMs };
  }

  /** Whether a container's monitor runs. */
  async isAlive(bundle: string, id: string): Promise<boolean> {
    return (await this.#pid(bundle, id)) !== undefined;
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
  async end(bundle: string, id: string): Promise<void> {
    const known = await this.#pid(bundle, id);
    if (known !== undefined) return killTree(known);
    // It may have begun without having said so.
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

  /** The monitor's process id, which alone could be another's by now. */
  async #pid(bundle: string, id: string): Promise<number | undefined> {
    const pid = (await readFile(join(bundle, 'conmon.pid'), 'utf8').catch(() => '')).trim();
    if (!/^\d+$/.test(pid)) return undefined;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return command.split('\0').includes(id) ? Number(pid) : undefined;
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

/** Starts a monitor. It keeps what it is given, so it gets no pipe but the one on which it tells how it went. */
function start(program: string, args: readonly string[]): SpawnedProcess {
  const environment = { PATH: process.env['PATH'], _OCI_SYNCPIPE: '3' };
  try {
    return spawnProcess(program, args, { environment, outputs: false, report: true, session: true });
  } catch (cause) {
    if (linuxErrors.SYSCALL.is(cause) && cause.details.errno === 'ENOENT')
      throw runtimeErrors.MISSING_PROGRAM({ program, install: 'install the package conmon' }, { cause });
    throw cause;
  }
}

function pidOf(told: string, program: string): number {
  let answer: UnknownRecord = {};
  try {
    answer = recordOf(JSON.parse(told.split('\n')[0] ?? ''));
  } catch {
    // The monitor ended without a word.
  }
  const { pid, message } = answer;
  if (typeof pid === 'number' && pid > 0) return pid;
  const output = typeof message === 'string' ? message.trim() : 'the monitor ended without an answer';
  throw runtimeErrors.PROGRAM_FAILED({ program: `${program} create`, code: 'an error', output });
}

/**
 * Programs without a copy of this process. Node starts a program by fork(2), which copies the tables of all memory first:
 * milliseconds in which nothing else is done, the more the larger the process is. posix_spawn(3) shares the memory until the
 * program runs instead.
 */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { errnoName } from '../ffi/errno.js';
import { libc } from '../ffi/libc.js';
import { linuxErrors } from '../errors.js';
import { descriptorStream } from '../streams/descriptor-stream.js';

export interface SpawnOptions {
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether its input is a pipe, or empty. Default: empty. */
  readonly input?: boolean;
  /** Whether its outputs are pipes, or dropped. Default: pipes. */
  readonly outputs?: boolean;
  /** Whether its descriptor 3 is a pipe, on which some programs tell how they come along. Default: none. */
  readonly report?: boolean;
  /** A descriptor that is its input and both outputs, in place of pipes; the caller closes it. */
  readonly terminal?: number;
  /** Whether it leads a session of its own, so that a signal to its group reaches what it started. Default: false. */
  readonly session?: boolean;
}

export interface SpawnedProcess {
  readonly pid: number;
  readonly stdin: Socket | undefined;
  /** Undefined with a terminal or where it is dropped, as `stderr`. */
  readonly stdout: Socket | undefined;
  readonly stderr: Socket | undefined;
  readonly report: Socket | undefined;
  /** The exit code; 128 and the signal's number where a signal ended it. It says nothing about the streams. */
  readonly exited: Promise<number>;
}

const closeOnExec = 0o2000000;
const readAndWrite = 2;
/** Larger than the C library's opaque structures on every machine. */
const structureLength = 512;
const setSession = 0x80;
const setDefaultSignals = 0x04;
const setSignalMask = 0x08;
const openPidDescriptor = 434;
const noHang = 1;

/**
 * Starts a program, which is looked for on the PATH of this process. Needs Linux 5.3.
 *
 * @throws KW_LINUX_SYSCALL, with ENOENT where there is no such program.
 */
export function spawnProcess(program: string, args: readonly string[], options: SpawnOptions): SpawnedProcess {
  const { environment, input = false, outputs = true, terminal, session = false } = options;
  const pipes: Pipe[] = [];
  try {
    const stdin = input ? openPipe(pipes) : undefined;
    const [stdout, stderr] = outputs && terminal === undefined ? [openPipe(pipes), openPipe(pipes)] : [];
    const report = options.report === true ? openPipe(pipes) : undefined;
    const pid = start(program, args, environment, session, [
      terminal ?? stdin?.read,
      terminal ?? stdout?.write,
      terminal ?? stderr?.write,
      ...(report ? [report.write] : []),
    ]);
    const exited = watchStarted(pid);
    return {
      pid,
      stdin: stdin && streamOf(stdin, 'write'),
      stdout: stdout && streamOf(stdout, 'read'),
      stderr: stderr && streamOf(stderr, 'read'),
      report: report && streamOf(report, 'read'),
      exited,
    };
  } catch (error) {
    for (const { read, write } of pipes) [read, write].forEach(closeSync);
    throw error;
  }
}

interface Pipe {
  readonly read: number;
  readonly write: number;
}

function openPipe(opened: Pipe[]): Pipe {
  const ends = Buffer.alloc(8);
  libc().call('pipe2', undefined, ends, closeOnExec);
  const pipe = { read: ends.readInt32LE(0), write: ends.readInt32LE(4) };
  opened.push(pipe);
  return pipe;
}

/** Our end as a stream; the program's end is its own by now. */
function streamOf(pipe: Pipe, ours: 'read' | 'write'): Socket {
  closeSync(ours === 'read' ? pipe.write : pipe.read);
  return new Socket({ fd: pipe[ours], readable: ours === 'read', writable: ours === 'write' });
}

function start(
  program: string,
  args: readonly string[],
  environment: SpawnOptions['environment'],
  session: boolean,
  descriptors: readonly (number | undefined)[],
): number {
  const c = libc();
  const actions = Buffer.alloc(structureLength);
  const attributes = Buffer.alloc(structureLength);
  c.attempt('posix_spawn_file_actions_init', actions);
  c.attempt('posix_spawnattr_init', attributes);
  try {
    descriptors.forEach((descriptor, number) => {
      if (descriptor === undefined)
        c.attempt('posix_spawn_file_actions_addopen', actions, number, '/dev/null', readAndWrite, 0);
      else c.attempt('posix_spawn_file_actions_adddup2', actions, descriptor, number);
    });
    // What Node ignores, as SIGPIPE, a program does not expect to be ignored.
    const signals = Buffer.alloc(128);
    c.attempt('posix_spawnattr_setsigmask', attributes, signals);
    signals.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, 0);
    c.attempt('posix_spawnattr_setsigdefault', attributes, signals);
    c.attempt('posix_spawnattr_setflags', attributes, setDefaultSignals | setSignalMask | (session ? setSession : 0));
    const pid = Buffer.alloc(4);
    const variables = Object.entries(environment).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    );
    // It answers the errno itself.
    const { value } = c.attempt(
      'posix_spawnp',
      pid,
      program,
      actions,
      attributes,
      [program, ...args, null],
      [...variables, null],
    );
    if (value !== 0) throw linuxErrors.SYSCALL({ call: 'posix_spawnp', errno: errnoName(value), target: program });
    return pid.readInt32LE();
  } finally {
    c.attempt('posix_spawn_file_actions_destroy', actions);
    c.attempt('posix_spawnattr_destroy', attributes);
  }
}

/** What cannot be waited for is not left running. */
function watchStarted(pid: number): Promise<number> {
  try {
    return watchExit(pid);
  } catch (error) {
    process.kill(pid, 'SIGKILL');
    libc().attempt('waitpid', pid, Buffer.alloc(4), 0);
    throw error;
  }
}

/** A descriptor of a process can be read as soon as the process has ended; there is nothing in it, which is an error. */
function watchExit(pid: number): Promise<number> {
  const c = libc();
  const descriptor = c.call('syscall', undefined, openPidDescriptor, pid, null, 0, null, 0);
  return new Promise((resolve) => {
    const stream = descriptorStream(descriptor);
    const ended = (): void => {
      stream.destroy();
      const status = Buffer.alloc(4);
      c.attempt('waitpid', pid, status, noHang);
      const value = status.readInt32LE();
      const signal = value & 0x7f;
      resolve(signal === 0 ? (value >> 8) & 0xff : 128 + signal);
    };
    stream.once('error', ended).resume();
  });
}

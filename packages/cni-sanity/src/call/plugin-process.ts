/**
 * One request as a runtime makes it: the plugin as a process, in the network namespace that stands for the machine, with
 * variables, stdin and a limit of time. Nothing of what it answers is judged here.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Clock } from '@kubewright/core';
import type { NetworkNamespace } from '@kubewright/linux';
import { sanityErrors } from '../errors.js';
import type { PluginReply } from './reply.js';

export interface PluginStart {
  readonly executable: string;
  /** Where it runs; undefined for this process's own. */
  readonly namespace: NetworkNamespace | undefined;
  /** The `CNI_*` variables; undefined ones are not set. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: string;
  /** Milliseconds after which it is killed. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The most that a plugin may say. */
const outputLimit = 8 * 1024 * 1024;

/** @throws KW_SANITY_NO_ANSWER; the signal's reason where it aborts, after killing the process. */
export async function runPlugin(start: PluginStart): Promise<PluginReply> {
  start.signal.throwIfAborted();
  const { namespace } = start;
  // A process begins in the namespace of the thread that starts it.
  const child = namespace === undefined ? launch(start) : namespace.run(() => launch(start));
  const verb = start.environment['CNI_COMMAND'] ?? 'a request without CNI_COMMAND';
  let late = false;
  const kill = (): void => end(child);
  using _limit = start.clock.setTimer(start.timeout, () => {
    late = true;
    kill();
  });
  start.signal.addEventListener('abort', kill, { once: true });
  try {
    const reply = await collect(child, verb, start.stdin);
    if (late) throw sanityErrors.NO_ANSWER({ verb, milliseconds: start.timeout });
    start.signal.throwIfAborted();
    return reply;
  } finally {
    start.signal.removeEventListener('abort', kill);
  }
}

function launch({ executable, environment }: PluginStart): ChildProcessWithoutNullStreams {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CNI_'));
  const own = Object.entries(environment).filter(([, value]) => value !== undefined);
  return spawn(executable, [], {
    env: Object.fromEntries([...inherited, ...own]),
    stdio: 'pipe',
    shell: false,
    // A group of its own, so that it can be killed together with what it started.
    detached: true,
  });
}

function end({ pid, stdin, stdout, stderr }: ChildProcessWithoutNullStreams): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
  // What it started in a group of its own may keep them open for ever.
  for (const pipe of [stdin, stdout, stderr]) pipe.destroy();
}

function collect(child: ChildProcessWithoutNullStreams, verb: string, stdin: string): Promise<PluginReply> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // A program that could not be started may have no pipes, whatever the types say: so it is without free descriptors.
    if (child.pid === undefined) return;
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let size = 0;
    const gather = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size <= outputLimit) into.push(chunk);
      else end(child);
    };
    child.stdout.on('data', gather(stdout));
    child.stderr.on('data', gather(stderr));
    // A plugin may end without reading what it is sent.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    child.on('close', (code) => {
      if (size > outputLimit) {
        const problem = `${verb} printed more than ${outputLimit} bytes`;
        reject(sanityErrors.CHECK_FAILED({ problem }));
        return;
      }
      resolve({
        verb,
        exitCode: code ?? 128,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
  });
}

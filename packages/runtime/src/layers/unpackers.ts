import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import { TaskLimit } from './task-limit.js';
import type { AppliedLayer } from './apply-layer.js';
import type { LayerLimits } from './layer-limits.js';

/** What a program that unpacks is told. */
export interface UnpackOrder {
  readonly archive: string;
  readonly directory: string;
  readonly name: string;
  readonly limits: LayerLimits;
}

/** What it tells: what it unpacked, or an error in parts, since errors do not travel between processes. */
export type UnpackAnswer =
  { readonly applied: AppliedLayer } | { readonly code: string; readonly details: object; readonly message: string };

/** The compiled program, also where the sources are run: Node does not find its way through sources by itself. */
const program = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/layers/unpack.worker.js' : './unpack.worker.js',
    import.meta.url,
  ),
);
/** What is read lives for a moment only; a small place for such things is cleared faster than it is filled. */
const execArgv = ['--max-semi-space-size=1'];
/** How long a program waits for the next layer before it is ended, in milliseconds. */
const idleTime = 120_000;

/** Processes that unpack layers, at most one for each processor. They start when there is work and end some time after it. */
export class Unpackers {
  readonly #clock: Clock;
  readonly #limit = new TaskLimit(availableParallelism());
  readonly #idle = new Map<ChildProcess, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** As `applyLayer`. The directory is useless after an error. */
  unpack(order: UnpackOrder, signal: AbortSignal): Promise<AppliedLayer> {
    return this.#limit.run(signal, async () => {
      const child = this.#take();
      const kill = (): void => void child.kill('SIGKILL');
      signal.addEventListener('abort', kill, { once: true });
      try {
        const answer = await ask(child, order);
        signal.throwIfAborted();
        if ('applied' in answer) return answer.applied;
        throw errorOf(answer, order.name);
      } finally {
        signal.removeEventListener('abort', kill);
        if (child.connected) this.#rest(child);
      }
    });
  }

  /** Ends those that wait; for one that works, abort its signal. */
  close(): void {
    for (const [child, timer] of this.#idle) {
      timer.cancel();
      child.kill('SIGKILL');
    }
    this.#idle.clear();
  }

  #take(): ChildProcess {
    for (const [child, timer] of this.#idle) {
      timer.cancel();
      this.#idle.delete(child);
      if (child.connected) return child;
    }
    const child = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv, env: {} });
    child.on('error', () => child.kill('SIGKILL'));
    return child;
  }

  #rest(child: ChildProcess): void {
    child.unref();
    child.channel?.unref();
    const end = (): void => {
      this.#idle.delete(child);
      child.kill('SIGKILL');
    };
    this.#idle.set(child, this.#clock.setTimer(idleTime, end, { ref: false }));
  }
}

function ask(child: ChildProcess, order: UnpackOrder): Promise<UnpackAnswer> {
  child.ref();
  child.channel?.ref();
  return new Promise((resolve) => {
    const settle = (answer: UnpackAnswer): void => {
      child.off('message', settle).off('exit', died);
      resolve(answer);
    };
    const died = (code: number | null, signal: string | null): void =>
      settle({ code: '', details: {}, message: `the program that unpacks ended with ${String(signal ?? code)}` });
    child.on('message', settle).on('exit', died);
    child.send(order, () => undefined);
  });
}

function errorOf({ code, details, message }: Exclude<UnpackAnswer, { applied: unknown }>, layer: string): Error {
  const known = Object.entries(runtimeErrors).find(([name]) => code.endsWith(`_RUNTIME_${name}`));
  if (known?.[0] === 'LAYER_INVALID') return runtimeErrors.LAYER_INVALID(details as LayerInvalid);
  if (known?.[0] === 'LAYER_TOO_LARGE') return runtimeErrors.LAYER_TOO_LARGE(details as LayerTooLarge);
  return runtimeErrors.LAYER_INVALID({ layer, entry: '', reason: `could not be unpacked: ${message}` });
}

type LayerInvalid = Parameters<typeof runtimeErrors.LAYER_INVALID>[0];
type LayerTooLarge = Parameters<typeof runtimeErrors.LAYER_TOO_LARGE>[0];

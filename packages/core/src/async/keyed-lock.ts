import { abortReason } from './abort-reason.js';

/** Who holds a key, and who waits for it. */
interface Queue {
  /** Ends with whoever asked last to be alone, and with all before. */
  alone: Promise<void>;
  /** Ends of those that asked to share it since then. */
  readonly together: Set<Promise<void>>;
  users: number;
}

/**
 * One holder per key at a time, or several that share it, in the order of asking: who asks to be alone is not overtaken. Keys
 * nobody holds take no memory.
 */
export class KeyedLock {
  readonly #queues = new Map<string, Queue>();

  /**
   * Runs `work` when everything asked for earlier under `key` has ended.
   *
   * @throws the signal's reason where it aborts before that: then `work` is not run.
   */
  run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#hold(key, false, work, signal);
  }

  /** As `run`, beside others that share the key. */
  runShared<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#hold(key, true, work, signal);
  }

  async #hold<T>(key: string, share: boolean, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const queue = this.#queues.get(key) ?? { alone: Promise.resolve(), together: new Set(), users: 0 };
    this.#queues.set(key, queue);
    queue.users += 1;
    const before = share ? queue.alone : Promise.all([queue.alone, ...queue.together]).then(() => undefined);
    const { promise: mine, resolve: end } = Promise.withResolvers<void>();
    if (share) queue.together.add(mine);
    else {
      queue.alone = mine;
      queue.together.clear();
    }
    const leave = async (): Promise<void> => {
      // Also after one that gave up, the next waits for those before.
      await before;
      end();
      queue.together.delete(mine);
      queue.users -= 1;
      if (queue.users === 0) this.#queues.delete(key);
    };
    try {
      await turn(before, signal);
      return await work();
    } finally {
      void leave();
    }
  }
}

/** Resolves with `before`. @throws the signal's reason as soon as it aborts. */
async function turn(before: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return before;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(abortReason(signal));
  signal.throwIfAborted();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await Promise.race([before, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/**
 * Network namespaces: making, opening and removing them, and running code inside. Sockets of `netlink` are opened inside
 * one and stay there. Mount and process namespaces are not made here: those belong to the container runtime.
 *
 * `setns` moves one thread. It is called on the main thread, synchronously, and undone before anything else can run: no
 * worker, no copy of the program, and other threads never notice.
 */
import { openSync } from 'node:fs';
import { libc } from '../ffi/libc.js';

export const cloneNewNetwork = 0x40000000;
export const ownNamespace = '/proc/thread-self/ns/net';

/** A namespace that is held open. */
export interface OpenNamespace {
  readonly path: string;
  readonly descriptor: number;
}

/**
 * Runs `work` with this thread inside `namespace`, and comes back before returning, also after an error. `work` must be
 * synchronous: nothing else of the process may run meanwhile. Threads of the pool stay where they are.
 */
export function inNamespace<T>(namespace: OpenNamespace, work: () => Synchronous<T>): T {
  const enter = (): void => void libc().call('setns', namespace.path, namespace.descriptor, cloneNewNetwork);
  return away(enter, () => {
    const outside = here;
    here = namespace.descriptor;
    try {
      return work();
    } finally {
      here = outside;
    }
  });
}

/**
 * Where this thread is. Its own namespace is open from the first time that it leaves it: opening it takes as long as the way
 * there and back.
 */
let here: number | undefined;

/** Runs `work` inside a network namespace that `enter` puts this thread into; then goes back. */
export function away<T>(enter: () => void, work: () => Synchronous<T>): T {
  const back = (here ??= openSync(ownNamespace, 'r'));
  enter();
  try {
    return work();
  } finally {
    // A process that cannot come back would do all its further work in a stranger's namespace.
    if (libc().attempt('setns', back, cloneNewNetwork).errno !== 0) process.abort();
  }
}

/** Anything but a promise: asynchronous work would run on after the way back. */
export type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

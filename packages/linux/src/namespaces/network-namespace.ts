import { closeSync, constants, fstatSync, mkdirSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '@kubewright/core';
import { linuxErrors } from '../errors.js';
import { libc } from '../ffi/libc.js';
import { mountFlag, unmountFlag } from '../mounts/flags.js';
import { away, cloneNewNetwork, inNamespace, ownNamespace } from './enter.js';
import type { Synchronous } from './enter.js';

export class NetworkNamespace implements Disposable {
  /** Where it was opened. */
  readonly path: string;
  /** An open descriptor; it keeps the namespace alive. -1 after `close`. */
  #descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  /**
   * Opens the namespace that is mounted at `path` (or `/proc/PID/ns/net`). The caller closes it.
   * @throws KW_LINUX_NO_NAMESPACE where nothing is there, or a plain file that is no namespace.
   */
  static open(path: string): NetworkNamespace {
    const descriptor = openNamespace(path);
    if (fstatSync(descriptor).dev === statSync(ownNamespace).dev) return new NetworkNamespace(path, descriptor);
    closeSync(descriptor);
    throw linuxErrors.NO_NAMESPACE({ path, errno: 'not a namespace' });
  }

  /**
   * Makes a namespace and keeps it alive by a bind mount at `path`, as `ip netns add` does under `/run/netns`. The
   * directory is made if it is missing. It is removed with `removeNetworkNamespace`.
   */
  static create(path: string): NetworkNamespace {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(path, '', { flag: 'wx', mode: 0o444 });
    try {
      away(
        () => void libc().call('unshare', 'the network namespace', cloneNewNetwork),
        () => libc().call('mount', path, '/proc/thread-self/ns/net', path, 'none', mountFlag.bind, null),
      );
      return NetworkNamespace.open(path);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
  }

  get descriptor(): number {
    if (this.#descriptor === -1) throw linuxErrors.CLOSED({ what: `the network namespace '${this.path}'` });
    return this.#descriptor;
  }

  /** Tells namespaces apart: two paths to one namespace have one identity. */
  get identity(): string {
    const { dev, ino } = fstatSync(this.descriptor, { bigint: true });
    return `${dev}:${ino}`;
  }

  /** Runs synchronous `work` inside, on this thread, and returns what it returned. It must not wait for anything. */
  run<T>(work: () => Synchronous<T>): T {
    return inNamespace(this, work);
  }

  close(): void {
    if (this.#descriptor === -1) return;
    closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Opens the namespace at `path`, runs `work` with it, and closes it whatever comes. */
export async function withNamespace<T>(
  path: string,
  work: (namespace: NetworkNamespace) => Promise<T> | T,
): Promise<T> {
  using namespace = NetworkNamespace.open(path);
  return await work(namespace);
}

/** Takes away what `NetworkNamespace.create` put at `path`; processes still inside keep theirs. Nothing there: no error. */
export async function removeNetworkNamespace(path: string): Promise<void> {
  const outcome = await libc().attemptLater('umount2', path, unmountFlag.detach);
  if (outcome.errno === 0 || !isNamespace(path)) rmSync(path, { force: true });
  else await libc().callLater('umount2', path, path, unmountFlag.detach);
}

/** Namespace files all live on one file system of the kernel's, so its device tells them from other files. */
function isNamespace(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.dev === statSync(ownNamespace).dev;
}

/** A path that turns out to be a pipe must not make this thread wait for a writer. */
function openNamespace(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw linuxErrors.NO_NAMESPACE({ path, errno: errorCode(cause) ?? 'unknown' }, { cause });
  }
}

import { createRequire } from 'node:module';
import { linuxErrors } from '../errors.js';
import { errnoName } from './errno.js';

const signatures = {
  socket: 'int socket(int, int, int)',
  bind: 'int bind(int, const void *, uint32_t)',
  connect: 'int connect(int, const void *, uint32_t)',
  setsockopt: 'int setsockopt(int, int, int, const void *, uint32_t)',
  send: 'long send(int, const void *, size_t, int)',
  recv: 'long recv(int, void *, size_t, int)',
  close: 'int close(int)',
  dup: 'int dup(int)',
  dup3: 'int dup3(int, int, int)',
  ioctl: 'int ioctl(int, unsigned long, void *)',
  pipe2: 'int pipe2(void *, int)',
  waitpid: 'int waitpid(int, void *, int)',
  posix_spawnp: 'int posix_spawnp(void *, const char *, const void *, const void *, const char **, const char **)',
  posix_spawn_file_actions_init: 'int posix_spawn_file_actions_init(void *)',
  posix_spawn_file_actions_destroy: 'int posix_spawn_file_actions_destroy(void *)',
  posix_spawn_file_actions_adddup2: 'int posix_spawn_file_actions_adddup2(void *, int, int)',
  posix_spawn_file_actions_addopen: 'int posix_spawn_file_actions_addopen(void *, int, const char *, int, uint32_t)',
  posix_spawnattr_init: 'int posix_spawnattr_init(void *)',
  posix_spawnattr_destroy: 'int posix_spawnattr_destroy(void *)',
  posix_spawnattr_setflags: 'int posix_spawnattr_setflags(void *, short)',
  posix_spawnattr_setsigmask: 'int posix_spawnattr_setsigmask(void *, const void *)',
  posix_spawnattr_setsigdefault: 'int posix_spawnattr_setsigdefault(void *, const void *)',
  setns: 'int setns(int, int)',
  unshare: 'int unshare(int)',
  mount: 'int mount(const char *, const char *, const char *, uint64_t, const char *)',
  umount2: 'int umount2(const char *, int)',
  mknod: 'int mknod(const char *, uint32_t, uint64_t)',
  // For calls that older C libraries have no function for; their numbers are the same on all machines.
  syscall: 'long syscall(long, int, const char *, long, const void *, size_t)',
  openat2: 'long syscall(long, int, const char *, const void *, size_t)',
  flock: 'int flock(int, int)',
  utimensat: 'int utimensat(int, const char *, const void *, int)',
  lsetxattr: 'int lsetxattr(const char *, const char *, const void *, size_t, int)',
  lgetxattr: 'long lgetxattr(const char *, const char *, void *, size_t)',
} as const;

export type LibcFunction = keyof typeof signatures;
export type LibcArgument = number | string | Uint8Array | readonly (string | null)[] | null;

/** What a call came to: the value, or the errno that stood beside -1. */
export interface LibcOutcome {
  readonly value: number;
  /** 0 on success. */
  readonly errno: number;
}

interface Native {
  (...args: readonly LibcArgument[]): number;
  async(...args: readonly unknown[]): void;
}

interface Koffi {
  load(path: string | null): { func(signature: string): Native };
  errno(): number;
}

export class Libc {
  readonly #koffi: Koffi;
  readonly #library: ReturnType<Koffi['load']>;
  readonly #functions = new Map<LibcFunction, Native>();

  /** @param koffi - the native module. */
  constructor(koffi: Koffi) {
    this.#koffi = koffi;
    this.#library = koffi.load(null);
  }

  /** Calls on this thread. Only for calls that do not wait. */
  attempt(name: LibcFunction, ...args: readonly LibcArgument[]): LibcOutcome {
    const value = this.#function(name)(...args);
    return { value, errno: value === -1 ? this.#koffi.errno() : 0 };
  }

  /** Calls on a thread of the pool. Buffers in `args` must not be touched until the promise settles. */
  attemptLater(name: LibcFunction, ...args: readonly LibcArgument[]): Promise<LibcOutcome> {
    return new Promise((resolve, reject) => {
      this.#function(name).async(...args, (error: Error | null, value: number) => {
        if (error !== null) reject(error);
        else resolve({ value, errno: value === -1 ? this.#koffi.errno() : 0 });
      });
    });
  }

  /** As `attempt`, but a failure is an error that names the call, the errno and `target`. */
  call(name: LibcFunction, target: string | undefined, ...args: readonly LibcArgument[]): number {
    return accept(name, target, this.attempt(name, ...args));
  }

  /** As `attemptLater`, but a failure is an error that names the call, the errno and `target`. */
  async callLater(name: LibcFunction, target: string | undefined, ...args: readonly LibcArgument[]): Promise<number> {
    return accept(name, target, await this.attemptLater(name, ...args));
  }

  #function(name: LibcFunction): Native {
    let native = this.#functions.get(name);
    if (native === undefined) {
      native = this.#library.func(signatures[name]);
      this.#functions.set(name, native);
    }
    return native;
  }
}

function accept(call: string, target: string | undefined, outcome: LibcOutcome): number {
  if (outcome.errno === 0) return outcome.value;
  const errno = errnoName(outcome.errno);
  throw linuxErrors.SYSCALL(target === undefined ? { call, errno } : { call, errno, target });
}

let loaded: Libc | undefined;

/** The C library of this process, loaded on the first call. */
export function libc(): Libc {
  return (loaded ??= loadLibc(process.platform, process.arch, createRequire(import.meta.url)));
}

/** @internal */
export function loadLibc(platform: string, arch: string, require: (name: string) => unknown): Libc {
  if (platform !== 'linux') throw linuxErrors.UNSUPPORTED({ reason: `they need Linux, and this is ${platform}` });
  let koffi: unknown;
  try {
    koffi = require('koffi');
  } catch (cause) {
    const reason = `the package 'koffi' has no binary for linux-${arch} or was installed without its optional packages; reinstall with optional dependencies`;
    throw linuxErrors.UNSUPPORTED({ reason }, { cause });
  }
  return new Libc(koffi as Koffi);
}

/**
 * The shim: the executable that a runtime starts, of less than 2 kB, without a library. It passes the request on to the daemon
 * and the answer back. It is written here, instruction by instruction, so that no compiler is needed and no binary is kept;
 * `elf` wraps the code, `x64` and `arm64` are the programs, `shim` puts them together.
 */
import { cniErrorCode, cniSdkErrors } from '../errors.js';
import { newestVersion } from '../version/version.js';
import type { CniVersion } from '../version/version.js';
import { arm64Program } from './arm64.js';
import type { ShimData } from './code.js';
import { shimLayout, writeElf } from './elf.js';
import type { ShimArchitecture } from './elf.js';
import { x64Program } from './x64.js';

export interface ShimOptions {
  /** The plugin's type, by which the daemon knows it. */
  readonly type: string;
  /** Where the daemon listens; an absolute path of at most 107 bytes. */
  readonly socketPath: string;
  /** What VERSION answers: the shim does so itself. */
  readonly versions: readonly CniVersion[];
  /** What to run when the daemon is away: an absolute path and its arguments. Default: nothing, the answer is an error. */
  readonly fallback?: readonly string[];
  /** Milliseconds that STATUS waits for a daemon that does not react. The other verbs wait for ever. Default: 10,000. */
  readonly statusTimeout?: number;
  /** Default: that of this machine. */
  readonly architecture?: string;
}

const unixFamily = 1;
const longestSocketPath = 107;
const defaultStatusTimeout = 10_000;
const mark = Buffer.from('kubewright CNI shim\0');
/** Bytes that no shim has; other plugins are of megabytes. */
const tooLong = 65_536;

/**
 * The bytes of a plugin's executable. It connects to the daemon, hands on the `CNI_*` variables and stdin, prints the answer
 * and ends with its code. With the daemon away it runs `fallback`; where that is missing or fails, it prints a CNI error:
 * 50 for STATUS, also where the daemon does not react, and 11, "try again later", for the others.
 */
export function buildShim(options: ShimOptions): Buffer {
  const architecture = options.architecture ?? process.arch;
  if (!isShimArchitecture(architecture)) throw cniSdkErrors.UNSUPPORTED_ARCHITECTURE({ arch: architecture });
  const data = shimData(options);
  return writeElf(architecture, architecture === 'x64' ? x64Program(data, shimLayout) : arm64Program(data, shimLayout));
}

/** Whether a file is a shim. @param socketPath - of a daemon that it must lead to. Default: any. */
export function isShim(content: Buffer, socketPath?: string): boolean {
  if (content.length >= tooLong || !content.includes(mark)) return false;
  return socketPath === undefined || content.includes(socketAddress(socketPath));
}

export function isShimArchitecture(name: string): name is ShimArchitecture {
  return name === 'x64' || name === 'arm64';
}

/** A `sockaddr_un` with a path that ends in a zero byte. */
function socketAddress(path: string): Buffer {
  const family = Buffer.alloc(2);
  family.writeUInt16LE(unixFamily);
  return Buffer.concat([family, Buffer.from(path), Buffer.alloc(1)]);
}

/** Of seconds and microseconds. */
function timeval(milliseconds: number): Buffer {
  const value = Buffer.alloc(16);
  value.writeBigUInt64LE(BigInt(Math.floor(milliseconds / 1000)));
  value.writeBigUInt64LE(BigInt((milliseconds % 1000) * 1000), 8);
  return value;
}

function shimData(options: ShimOptions): ShimData {
  const { type, socketPath, versions, fallback = [], statusTimeout = defaultStatusTimeout } = options;
  const path = Buffer.from(socketPath);
  if (path.length > longestSocketPath || !socketPath.startsWith('/') || path.includes(0)) {
    throw new RangeError(
      `the socket's path '${socketPath}' must be absolute and of at most ${longestSocketPath} bytes`,
    );
  }
  const error = (code: number, msg: string): Buffer =>
    Buffer.from(JSON.stringify({ cniVersion: newestVersion, code, msg }));
  const away = `the daemon of plugin '${type}' does not answer at ${socketPath}`;
  return {
    mark,
    socketAddress: socketAddress(socketPath),
    patience: timeval(statusTimeout),
    type: Buffer.from(`${type}\0`),
    version: Buffer.from(JSON.stringify({ cniVersion: newestVersion, supportedVersions: versions })),
    notAvailable: error(cniErrorCode.notAvailable, away),
    tryAgain: error(cniErrorCode.tryAgainLater, away),
    tooLarge: error(cniErrorCode.invalidConfig, `the request to plugin '${type}' is larger than 8 MiB`),
    fallback: fallback.map((word) => Buffer.from(`${word}\0`)),
  };
}

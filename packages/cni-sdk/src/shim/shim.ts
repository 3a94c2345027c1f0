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
  /** Default: that of this machine. */
  readonly architecture?: string;
}

const unixFamily = 1;
const longestSocketPath = 107;

/**
 * The bytes of a plugin's executable. It connects to the daemon, hands on the `CNI_*` variables and stdin, prints the answer
 * and ends with its code. With the daemon away it runs `fallback`; where that is missing or fails, it prints a CNI error:
 * 50 for STATUS, 11, "try again later", for the others.
 */
export function buildShim(options: ShimOptions): Buffer {
  const architecture = options.architecture ?? process.arch;
  if (!isShimArchitecture(architecture)) throw cniSdkErrors.UNSUPPORTED_ARCHITECTURE({ arch: architecture });
  const data = shimData(options);
  return writeElf(architecture, architecture === 'x64' ? x64Program(data, shimLayout) : arm64Program(data, shimLayout));
}

export function isShimArchitecture(name: string): name is ShimArchitecture {
  return name === 'x64' || name === 'arm64';
}

function shimData({ type, socketPath, versions, fallback = [] }: ShimOptions): ShimData {
  const path = Buffer.from(socketPath);
  if (path.length > longestSocketPath || !socketPath.startsWith('/') || path.includes(0)) {
    throw new RangeError(
      `the socket's path '${socketPath}' must be absolute and of at most ${longestSocketPath} bytes`,
    );
  }
  const family = Buffer.alloc(2);
  family.writeUInt16LE(unixFamily);
  const error = (code: number, msg: string): Buffer =>
    Buffer.from(JSON.stringify({ cniVersion: newestVersion, code, msg }));
  const away = `the daemon of plugin '${type}' does not answer at ${socketPath}`;
  return {
    socketAddress: Buffer.concat([family, path, Buffer.alloc(1)]),
    type: Buffer.from(`${type}\0`),
    version: Buffer.from(JSON.stringify({ cniVersion: newestVersion, supportedVersions: versions })),
    notAvailable: error(cniErrorCode.notAvailable, away),
    tryAgain: error(cniErrorCode.tryAgainLater, away),
    tooLarge: error(cniErrorCode.invalidConfig, `the request to plugin '${type}' is larger than 8 MiB`),
    fallback: fallback.map((word) => Buffer.from(`${word}\0`)),
  };
}

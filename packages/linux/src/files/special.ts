import { linuxErrors } from '../errors.js';
import { errnoName } from '../ffi/errno.js';
import { libc } from '../ffi/libc.js';

const types = { character: 0o020000, block: 0o060000, fifo: 0o010000 } as const;
const missingAttribute = ['ENODATA', 'EOPNOTSUPP'];

/** From linux/fcntl.h. */
const at = { workingDirectory: -100, noFollow: 0x100 } as const;

/** Names of files are bytes; as text they are UTF-8. */
export type FilePath = string | Uint8Array;

export interface DeviceNode {
  readonly type: keyof typeof types;
  readonly major?: number;
  readonly minor?: number;
  /** Rights, before the process's mask is applied. Default: 0600. */
  readonly mode?: number;
}

/** Makes a device node or a fifo. Major and minor 0 of a character device is what overlayfs takes for a deleted file. */
export function makeNode(path: FilePath, node: DeviceNode): void {
  const mode = types[node.type] | (node.mode ?? 0o600);
  libc().call('mknod', shown(path), terminated(path), mode, deviceNumber(node.major ?? 0, node.minor ?? 0));
}

/** The number that the C library packs a device's two numbers into. */
export function deviceNumber(major: number, minor: number): number {
  const high = ((major & 0xfffff000) >>> 0) * 2 ** 32;
  const middle = ((minor & 0xffffff00) >>> 0) * 2 ** 12;
  return high + middle + ((major & 0xfff) << 8) + (minor & 0xff);
}

/** Sets an extended attribute of the file itself, a symbolic link included. */
export function setExtendedAttribute(path: FilePath, name: FilePath, value: Uint8Array): void {
  libc().call('lsetxattr', shown(path), terminated(path), terminated(name), value, value.length, 0);
}

/** A time to the nanosecond, which counts forward from the seconds since 1970, also before. */
export interface FileTime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** Sets when the file itself, a symbolic link included, was used and changed last. File systems keep what they can. */
export function setFileTime(path: FilePath, { seconds, nanoseconds }: FileTime): void {
  const times = Buffer.alloc(32);
  for (const time of [0, 16]) {
    times.writeBigInt64LE(seconds, time);
    times.writeBigInt64LE(BigInt(nanoseconds), time + 8);
  }
  libc().call('utimensat', shown(path), at.workingDirectory, terminated(path), times, at.noFollow);
}

/** @throws KW_LINUX_INVALID_NAME for a name with a zero byte, of which the kernel would see the beginning only. */
function terminated(path: FilePath): Uint8Array {
  const bytes = typeof path === 'string' ? Buffer.from(path) : path;
  if (bytes.includes(0))
    throw linuxErrors.INVALID_NAME({ what: 'name of a file', name: shown(path), rule: 'it has a zero byte' });
  return Buffer.concat([bytes, Buffer.of(0)]);
}

function shown(path: FilePath): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString();
}

/** An extended attribute of the file itself; undefined where it, or the file system, has none. */
export function getExtendedAttribute(path: FilePath, name: FilePath): Buffer | undefined {
  for (let size = 256; ; size *= 2) {
    const buffer = Buffer.alloc(size);
    const outcome = libc().attempt('lgetxattr', terminated(path), terminated(name), buffer, size);
    if (outcome.errno === 0) return buffer.subarray(0, outcome.value);
    const errno = errnoName(outcome.errno);
    if (missingAttribute.includes(errno)) return undefined;
    if (errno !== 'ERANGE') throw linuxErrors.SYSCALL({ call: 'lgetxattr', errno, target: shown(path) });
  }
}

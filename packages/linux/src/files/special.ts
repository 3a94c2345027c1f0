import { linuxErrors } from '../errors.js';
import { errnoName } from '../ffi/errno.js';
import { libc } from '../ffi/libc.js';

const types = { character: 0o020000, block: 0o060000, fifo: 0o010000 } as const;
const missingAttribute = ['ENODATA', 'EOPNOTSUPP'];

export interface DeviceNode {
  readonly type: keyof typeof types;
  readonly major?: number;
  readonly minor?: number;
  /** Rights, before the process's mask is applied. Default: 0600. */
  readonly mode?: number;
}

/** Makes a device node or a fifo. Major and minor 0 of a character device is what overlayfs takes for a deleted file. */
export function makeNode(path: string, node: DeviceNode): void {
  const mode = types[node.type] | (node.mode ?? 0o600);
  libc().call('mknod', path, path, mode, deviceNumber(node.major ?? 0, node.minor ?? 0));
}

/** The number that the C library packs a device's two numbers into. */
export function deviceNumber(major: number, minor: number): number {
  const high = ((major & 0xfffff000) >>> 0) * 2 ** 32;
  const middle = ((minor & 0xffffff00) >>> 0) * 2 ** 12;
  return high + middle + ((major & 0xfff) << 8) + (minor & 0xff);
}

/** Sets an extended attribute of the file itself, a symbolic link included. */
export function setExtendedAttribute(path: string, name: string, value: Uint8Array): void {
  libc().call('lsetxattr', path, path, name, value, value.length, 0);
}

/** An extended attribute of the file itself; undefined where it, or the file system, has none. */
export function getExtendedAttribute(path: string, name: string): Buffer | undefined {
  for (let size = 256; ; size *= 2) {
    const buffer = Buffer.alloc(size);
    const outcome = libc().attempt('lgetxattr', path, name, buffer, size);
    if (outcome.errno === 0) return buffer.subarray(0, outcome.value);
    const errno = errnoName(outcome.errno);
    if (missingAttribute.includes(errno)) return undefined;
    if (errno !== 'ERANGE') throw linuxErrors.SYSCALL({ call: 'lgetxattr', errno, target: path });
  }
}

import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { OciDevice } from './spec.js';

/** A device of this machine; undefined where there is none at this path. */
export async function hostDevice(path: string): Promise<Omit<OciDevice, 'path'> | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && deviceOf(found);
}

/** The device that a look at a file has found; undefined where it is another kind of file. */
export function deviceOf(found: Stats): Omit<OciDevice, 'path'> | undefined {
  if (!(found.isCharacterDevice() || found.isBlockDevice())) return undefined;
  const [major, minor] = deviceNumbers(found.rdev);
  const { uid, gid } = found;
  return { type: found.isBlockDevice() ? 'b' : 'c', major, minor, fileMode: found.mode & 0o777, uid, gid };
}

/** As the C library packs them. */
function deviceNumbers(packed: number): [major: number, minor: number] {
  const wide = BigInt(packed);
  const major = ((wide >> 8n) & 0xfffn) | ((wide >> 32n) & 0xfffff000n);
  const minor = (wide & 0xffn) | ((wide >> 12n) & 0xffffff00n);
  return [Number(major), Number(minor)];
}

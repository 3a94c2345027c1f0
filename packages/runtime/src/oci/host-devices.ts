import { lstat, readdir, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { posix } from 'node:path';
import { errorCode, hasCode, messageOf } from '@kubewright/core';
import { invalidArgument } from '@kubewright/grpc';
import type { Device } from '@kubewright/cri-sdk/v1';
import { runtimeErrors } from '../errors.js';
import { deviceOf } from './host-device.js';
import type { OciDevice } from './spec.js';

/** A device, and what of it a container may do. */
export interface AllowedDevice {
  readonly device: OciDevice;
  /** Made of `r`, `w` and `m`. */
  readonly access: string;
}

/** What is in /dev beside devices of the machine; each container has its own of these. containerd and CRI-O leave them out too. */
const skipped = new Set(['pts', 'shm', 'fd', 'mqueue', 'console', '.lxc', '.lxd-mounts', '.udev']);
/** More than any machine's /dev has; what is more is a mistake. */
const mostDevices = 4_096;
const deepest = 8;
/** So many names are looked at below one directory: a tree of files is no place for devices. */
const mostNames = 20_000;

/**
 * The devices that a container asks for. Of a directory, as device plugins hand out /dev/infiniband, all that are in it and
 * below it, but none behind links in it. Of two for one place the last one counts.
 *
 * @throws NOT_SUPPORTED for a path that is neither device nor directory; INVALID_ARGUMENT
 */
export async function hostDevices(devices: readonly Device[]): Promise<AllowedDevice[]> {
  const found = new Map<string, AllowedDevice>();
  for (const [index, { hostPath, containerPath, permissions }] of devices.entries()) {
    const field = `config.devices[${index}]`;
    const access = permissions || 'rwm';
    if (!/^[rwm]{1,3}$/.test(access))
      throw invalidArgument({ field: `${field}.permissions`, reason: `must be made of r, w and m: '${permissions}'` });
    for (const device of await devicesAt(hostPath, posix.resolve('/', containerPath || hostPath)))
      found.set(device.path, { device, access });
    if (found.size > mostDevices)
      throw invalidArgument({ field, reason: `is more than ${mostDevices} devices: name a directory that has fewer` });
  }
  return [...found.values()];
}

/** All devices of the machine, for a container that may do everything. */
export function allHostDevices(): Promise<readonly OciDevice[]> {
  return below('/dev', '/dev', { names: 0 });
}

async function devicesAt(hostPath: string, path: string): Promise<readonly OciDevice[]> {
  const found = await stat(hostPath).catch(() => undefined);
  if (found?.isDirectory() === true) {
    const inside = await below(hostPath, path, { names: 0 });
    if (inside.length > 0) return inside;
  }
  const device = found && deviceOf(found);
  if (device !== undefined) return [{ path, ...device }];
  throw runtimeErrors.NOT_SUPPORTED({ what: `'${hostPath}' as a device, since it is none and has none in it` });
}

/** @param seen - counts the names that were looked at. @throws NOT_SUPPORTED for a tree that is too large or cannot be read */
async function below(directory: string, path: string, seen: { names: number }, depth = 0): Promise<OciDevice[]> {
  const devices: OciDevice[] = [];
  const refused = (reason: string) => runtimeErrors.NOT_SUPPORTED({ what: `devices in '${directory}', ${reason}` });
  const names = await readdir(directory).catch((error: unknown): string[] => {
    if (hasCode(error, 'ENOENT')) return [];
    throw refused(`which cannot be read (${errorCode(error) ?? messageOf(error)})`);
  });
  for (const name of names.toSorted()) {
    if (skipped.has(name) || devices.length > mostDevices) continue;
    if (++seen.names > mostNames) throw refused(`since there are more than ${mostNames} names`);
    // Devices come and go; one that went just now is not there.
    const found: Stats | undefined = await lstat(posix.join(directory, name)).catch(() => undefined);
    const inContainer = posix.join(path, name);
    const device = found && deviceOf(found);
    if (device !== undefined) devices.push({ path: inContainer, ...device });
    if (found?.isDirectory() === true && depth < deepest)
      devices.push(...(await below(posix.join(directory, name), inContainer, seen, depth + 1)));
  }
  return devices;
}

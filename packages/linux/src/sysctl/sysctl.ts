/** Kernel parameters under `/proc/sys`, of this process's network namespace or of another. */
import { readFileSync, writeFileSync } from 'node:fs';
import { hasCode } from '@kubewright/core';
import { linuxErrors } from '../errors.js';
import type { NetworkNamespace } from '../namespaces/network-namespace.js';

export interface SysctlOptions {
  /** Whose `net` parameters. Default: the process's own. */
  readonly namespace?: NetworkNamespace;
}

/**
 * The file of a parameter. Elements are separated by dots, or by slashes where an element holds a dot, as the name of a
 * VLAN interface does: `net/ipv4/conf/eth0.5/forwarding`.
 * @throws KW_LINUX_INVALID_NAME for anything that could leave `/proc/sys`.
 */
export function sysctlPath(name: string): string {
  const elements = name.includes('/') ? name.split('/') : name.split('.');
  const valid =
    elements.length > 1 && elements.every((one) => /^[\w@:.+*-]+$/.test(one) && one !== '.' && one !== '..');
  if (!valid) {
    const rule = "write its elements with dots, as 'net.ipv4.ip_forward', or with slashes, without '..'";
    throw linuxErrors.INVALID_NAME({ what: 'kernel parameter', name, rule });
  }
  return `/proc/sys/${elements.join('/')}`;
}

/** The value without its line end; undefined where the kernel has no such parameter. */
export function readSysctl(name: string, { namespace }: SysctlOptions = {}): string | undefined {
  const path = sysctlPath(name);
  return namespace === undefined ? readValue(path) : namespace.run(() => readValue(path));
}

/** Sets parameters, in their order. @throws the error of the file, which names it. */
export function writeSysctl(
  values: Readonly<Record<string, string | number>>,
  { namespace }: SysctlOptions = {},
): void {
  const files = Object.entries(values).map(([name, value]) => [sysctlPath(name), String(value)] as const);
  const write = (): void => {
    for (const [path, value] of files) writeFileSync(path, value);
  };
  if (namespace === undefined) write();
  else namespace.run(write);
}

/**
 * Sets the parameters that this kernel has and that have another value, in their order. Writing what is there already is not
 * always free: for some parameters the kernel takes its routing lock.
 */
export function updateSysctl(
  values: Readonly<Record<string, string | number>>,
  { namespace }: SysctlOptions = {},
): void {
  const files = Object.entries(values).map(([name, value]) => [sysctlPath(name), String(value)] as const);
  const update = (): void => {
    for (const [path, value] of files) {
      const present = readValue(path);
      if (present !== undefined && present !== value) writeFileSync(path, value);
    }
  };
  if (namespace === undefined) update();
  else namespace.run(update);
}

function readValue(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

import { invalidArgument } from '@kubewright/grpc';
import type { Capability } from '@kubewright/cri-sdk/v1';
import { isOneOf } from '@kubewright/core';
import type { OciProcess } from './spec.js';

/** The capabilities of Linux by number, from linux/capability.h. */
const names = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const;

/** What a container has unless told otherwise: the set that images are built for. */
const defaults = new Set([
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
]);

/** The capabilities in the bounding set of a `/proc/PID/status` text. */
export function boundingSet(status: string): ReadonlySet<string> {
  const mask = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return new Set(names.filter((_name, index) => (mask >> BigInt(index)) & 1n));
}

/**
 * The capability sets of a process. What this runtime does not own itself is left out, since it cannot give it: asking for
 * all means all that there are.
 */
export function capabilitySets(
  wanted: Capability | undefined,
  { privileged, owned }: { readonly privileged: boolean; readonly owned: ReadonlySet<string> },
): OciProcess['capabilities'] {
  const add = (wanted?.addCapabilities ?? []).map(plain);
  const drop = (wanted?.dropCapabilities ?? []).map(plain);
  const all = new Set<string>(names);
  let chosen = new Set(privileged || add.includes('ALL') ? all : drop.includes('ALL') ? [] : defaults);
  for (const name of add) if (name !== 'ALL') chosen.add(known(name, 'add_capabilities'));
  if (!privileged) for (const name of drop) if (name !== 'ALL') chosen.delete(known(name, 'drop_capabilities'));
  const ambient = (wanted?.addAmbientCapabilities ?? [])
    .map(plain)
    .map((name) => known(name, 'add_ambient_capabilities'));
  for (const name of ambient) chosen.add(name);
  chosen = new Set([...chosen].filter((name) => owned.has(name)));
  const full = [...chosen].sort().map((name) => `CAP_${name}`);
  const kept = ambient.filter((name) => chosen.has(name)).map((name) => `CAP_${name}`);
  return { bounding: full, effective: full, permitted: full, inheritable: kept, ambient: kept };
}

function plain(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, '');
}

function known(name: string, field: string): string {
  if (isOneOf(names, name)) return name;
  throw invalidArgument({
    field: `linux.security_context.capabilities.${field}`,
    reason: `names no capability: '${name}'`,
  });
}

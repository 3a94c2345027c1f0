/**
 * The services of CSI as base classes. A driver extends those that it needs and implements the methods that it
 * supports: what it advertises follows from them (`capabilities`). Requests arrive checked: required fields are there,
 * sizes are within the limits, and no second call works on the same volume or snapshot. Neighbours: `driver` serves
 * them.
 *
 * This file: checks that look into a request deeper than "is required" does. They find the first violation, or nothing.
 */
import type { FieldViolation } from '@kubewright/grpc';
import { VolumeCapability_AccessMode_Mode as Mode } from '../generated/csi/v1/csi_pb.js';
import type { CapacityRange, VolumeCapability, VolumeContentSource } from '../generated/csi/v1/csi_pb.js';

/** A capability says how a volume is accessed (block or mount) and by whom. */
export function checkCapability(capability: VolumeCapability, field: string): FieldViolation | undefined {
  if (capability.accessType.case === undefined) {
    return { field: `${field}.access_type`, reason: 'is required: set one of block, mount' };
  }
  const mode = capability.accessMode?.mode ?? Mode.UNKNOWN;
  if (mode === Mode.UNKNOWN) return { field: `${field}.access_mode`, reason: 'is required' };
  return undefined;
}

export function checkCapabilities(capabilities: readonly VolumeCapability[]): FieldViolation | undefined {
  for (const [index, capability] of capabilities.entries()) {
    const violation = checkCapability(capability, `volume_capabilities[${index}]`);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

export function checkRange(range: CapacityRange | undefined, field = 'capacity_range'): FieldViolation | undefined {
  if (range === undefined) return undefined;
  const { requiredBytes, limitBytes } = range;
  if (requiredBytes < 0n) return { field: `${field}.required_bytes`, reason: 'is negative' };
  if (limitBytes < 0n) return { field: `${field}.limit_bytes`, reason: 'is negative' };
  if (requiredBytes === 0n && limitBytes === 0n)
    return { field, reason: 'is empty: set required_bytes, limit_bytes or both, or leave it out' };
  if (limitBytes !== 0n && limitBytes < requiredBytes) {
    return { field: `${field}.limit_bytes`, reason: 'is less than required_bytes' };
  }
  return undefined;
}

export function checkSource(source: VolumeContentSource | undefined): FieldViolation | undefined {
  if (source === undefined) return undefined;
  const field = 'volume_content_source';
  const { type } = source;
  if (type.case === undefined) return { field: `${field}.type`, reason: 'is required: set one of snapshot, volume' };
  const id = type.case === 'snapshot' ? type.value.snapshotId : type.value.volumeId;
  return id === '' ? { field: `${field}.${type.case}.${type.case}_id`, reason: 'is required' } : undefined;
}

/** Control characters other than tab, line feed and carriage return: CSI bans them in the names that callers choose. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const banned = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/;

export function checkName(name: string): FieldViolation | undefined {
  return banned.test(name) ? { field: 'name', reason: 'contains control characters' } : undefined;
}

/** Paths come from the caller and end up in system calls: absolute, and without steps up or NUL bytes. */
export function checkPath(path: string, field: string): FieldViolation | undefined {
  if (!path.startsWith('/')) return { field, reason: 'is no absolute path' };
  if (path.includes('\0') || path.split('/').includes('..')) return { field, reason: "contains '..' or a NUL byte" };
  return undefined;
}

export function checkPage(maxEntries: number): FieldViolation | undefined {
  return maxEntries < 0 ? { field: 'max_entries', reason: 'is negative' } : undefined;
}

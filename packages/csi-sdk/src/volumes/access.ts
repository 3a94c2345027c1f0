/**
 * What requests say about volumes, as a driver needs it: access, sizes, places, pages of lists, and the answers for
 * what is missing or there already.
 *
 * This file: what a volume capability means.
 */
import { VolumeCapability_AccessMode_Mode as Mode } from '../generated/csi/v1/csi_pb.js';
import type { VolumeCapability } from '../generated/csi/v1/csi_pb.js';

/** A raw device, or a directory with files. */
export type AccessType = 'block' | 'mount';

export function accessTypeOf(capability: VolumeCapability): AccessType {
  return capability.accessType.case === 'block' ? 'block' : 'mount';
}

export function accessModeOf(capability: VolumeCapability): Mode {
  return capability.accessMode?.mode ?? Mode.UNKNOWN;
}

/** Modes in which nobody writes: what is published is read-only whatever else is said. */
export function isReaderOnly(mode: Mode): boolean {
  return mode === Mode.SINGLE_NODE_READER_ONLY || mode === Mode.MULTI_NODE_READER_ONLY;
}

/** Modes in which the volume is at one node at a time. */
export function isSingleNode(mode: Mode): boolean {
  return (
    mode === Mode.SINGLE_NODE_WRITER ||
    mode === Mode.SINGLE_NODE_READER_ONLY ||
    mode === Mode.SINGLE_NODE_SINGLE_WRITER ||
    mode === Mode.SINGLE_NODE_MULTI_WRITER
  );
}

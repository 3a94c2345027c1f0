/**
 * The driver as a plugin: the services on one pool. Neighbours: `volumes` does the work; csi-sdk checks requests,
 * serves them and derives what is advertised.
 */
import type * as csi from '@kubewright/csi-sdk/v1';
import { accessTypeOf } from '@kubewright/csi-sdk';
import { create } from '@bufbuild/protobuf';
import { CapacityRangeSchema } from '@kubewright/csi-sdk/v1';
import { invalidArgument } from '@kubewright/grpc';
import type { VolumeRecord } from '../state/records.js';
import type { HostPathPool } from '../volumes/host-path-pool.js';
import { createVolume } from '../volumes/volumes.js';

const ephemeralKey = 'csi.storage.k8s.io/ephemeral';
const sizeKey = 'size';

/** Whether a pod brings its volume with it: the volume is made when it is published and goes when it is unpublished. */
export function isEphemeral({ volumeContext }: csi.NodePublishVolumeRequest): boolean {
  return volumeContext[ephemeralKey] === 'true';
}

/**
 * The pod's own volume. Its id is the kubelet's text and becomes the name of a directory, so it is looked at closely.
 */
export async function ensureEphemeral(
  pool: HostPathPool,
  { volumeId, volumeContext, volumeCapability }: csi.NodePublishVolumeRequest,
): Promise<VolumeRecord> {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(volumeId)) {
    throw invalidArgument({ field: 'volume_id', reason: 'has other characters than letters, digits, - and _' });
  }
  if (volumeCapability === undefined || accessTypeOf(volumeCapability) === 'block') {
    throw invalidArgument({ field: 'volume_capability', reason: 'has to be mount for an ephemeral volume' });
  }
  const existing = pool.volumes.get(volumeId);
  if (existing !== undefined && !existing.ephemeral) {
    throw invalidArgument({ field: 'volume_id', reason: 'is that of a volume which is not ephemeral' });
  }
  const size = volumeContext[sizeKey] ?? '0';
  if (!/^\d{1,18}$/.test(size)) {
    throw invalidArgument({ field: `volume_context['${sizeKey}']`, reason: 'is no number of bytes' });
  }
  const capacity = create(CapacityRangeSchema, { requiredBytes: BigInt(size) });
  return createVolume(pool, {
    name: `ephemeral/${volumeId}`,
    access: 'mount',
    capacity,
    mutable: {},
    ephemeralId: volumeId,
  });
}

import type { DeepReadonly } from '@kubewright/api';
import { isNotFound } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ReconcileContext } from '@kubewright/controller';
import type { VolumeContentSourceSchema } from '../generated/csi/v1/csi_pb.js';
import { VolumeSnapshot, VolumeSnapshotContent } from './snapshots/kinds.js';

type ContentSource = MessageInitShape<typeof VolumeContentSourceSchema>;

export type SourceAnswer =
  | { readonly is: 'empty' }
  /** The claim is the one that is copied, if that is what is done. */
  | { readonly is: 'content'; readonly source: ContentSource; readonly claim?: PersistentVolumeClaim }
  /** Not there yet. */
  | { readonly is: 'missing'; readonly reason: string };

/** What a claim's volume is to begin with: nothing, a snapshot, or a copy of another claim's volume. */
export async function volumeSource(
  claim: DeepReadonly<PersistentVolumeClaim>,
  driver: string,
  ctx: ReconcileContext<PersistentVolumeClaim>,
): Promise<SourceAnswer> {
  const source = claim.spec?.dataSourceRef ?? claim.spec?.dataSource;
  if (source === undefined) return { is: 'empty' };
  const { kind, name } = source;
  try {
    if (kind === 'PersistentVolumeClaim') return await fromClaim(name, driver, ctx);
    if (kind === 'VolumeSnapshot') return await fromSnapshot(name, driver, ctx);
  } catch (error) {
    if (isNotFound(error)) return { is: 'missing', reason: `${kind} "${name}" is not there` };
    throw error;
  }
  return { is: 'missing', reason: `a populator has to fill the volume from ${kind} "${name}"` };
}

async function fromClaim(
  name: string,
  driver: string,
  { client, key, signal }: ReconcileContext<PersistentVolumeClaim>,
): Promise<SourceAnswer> {
  const claim = await client.get(PersistentVolumeClaim, { name, namespace: key.namespace }, { signal });
  const { spec, status } = claim;
  if (status?.phase !== 'Bound') return { is: 'missing', reason: `PersistentVolumeClaim "${name}" is not bound` };
  const { csi } = (await client.get(PersistentVolume, { name: spec?.volumeName ?? '' }, { signal })).spec ?? {};
  if (csi?.driver !== driver) return { is: 'missing', reason: `"${name}" is a volume of another driver` };
  return { is: 'content', source: { type: { case: 'volume', value: { volumeId: csi.volumeHandle } } }, claim };
}

async function fromSnapshot(
  name: string,
  driver: string,
  { client, key, signal }: ReconcileContext<PersistentVolumeClaim>,
): Promise<SourceAnswer> {
  const missing = (text: string): SourceAnswer => ({ is: 'missing', reason: `VolumeSnapshot "${name}" ${text}` });
  const { metadata, status } = await client.get(VolumeSnapshot, { name, namespace: key.namespace }, { signal });
  const contentName = status?.boundVolumeSnapshotContentName;
  if (!contentName || status?.readyToUse !== true) return missing('is not ready');
  const content = await client.get(VolumeSnapshotContent, { name: contentName }, { signal });
  const snapshotId = content.status?.snapshotHandle;
  // A content that belongs to another snapshot would give its data to whoever names it.
  if (content.spec.volumeSnapshotRef.uid !== metadata.uid || !snapshotId) return missing('has no content of its own');
  if (content.spec.driver !== driver) return missing('is of another driver');
  return { is: 'content', source: { type: { case: 'snapshot', value: { snapshotId } } } };
}

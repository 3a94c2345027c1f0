import type { DeepReadonly } from '@kubewright/api';
import { Quantity, hasFinalizer, isDeleting, isNotFound } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ReconcileContext } from '@kubewright/controller';
import type { VolumeContentSourceSchema } from '@kubewright/csi-sdk/v1';
import { allowModeChange, cloningFinalizer, provisioningFinalizer, restoringFinalizer } from '../driver/names.js';
import { VolumeSnapshot, VolumeSnapshotContent } from '../snapshots/kinds.js';
import { checkFit } from './source-fit.js';

type ContentSource = MessageInitShape<typeof VolumeContentSourceSchema>;
type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;
type Context = ReconcileContext<PersistentVolumeClaim>;

/** What holds the data of a source: the claim that is copied, or the snapshot that is restored. */
export type SourceObject =
  | { readonly kind: typeof PersistentVolumeClaim; readonly name: string }
  | { readonly kind: typeof VolumeSnapshot; readonly name: string };

export type SourceAnswer =
  | { readonly is: 'empty' }
  | { readonly is: 'content'; readonly source: ContentSource; readonly object: SourceObject }
  /** Not there yet. */
  | { readonly is: 'missing'; readonly reason: string }
  /** There, and not for this claim; until somebody changes one of the two. */
  | { readonly is: 'refused'; readonly reason: string };

/** What a claim's volume is to begin with: nothing, a snapshot, or a copy of another claim's volume. */
export async function volumeSource(claim: ReadonlyClaim, driver: string, ctx: Context): Promise<SourceAnswer> {
  const source = claim.spec?.dataSourceRef ?? claim.spec?.dataSource;
  if (source === undefined) return { is: 'empty' };
  const { kind, name, apiGroup = '' } = source;
  const namespace = claim.spec?.dataSourceRef?.namespace ?? ctx.key.namespace;
  // What a name stands for in another namespace is not for this one to read.
  if (namespace !== ctx.key.namespace)
    return {
      is: 'refused',
      reason: `${kind} "${name}" is in namespace "${namespace}", and sources have to be in the claim's`,
    };
  try {
    if (kind === PersistentVolumeClaim.kind && apiGroup === '') return await fromClaim(name, claim, driver, ctx);
    if (kind === VolumeSnapshot.kind && apiGroup === VolumeSnapshot.group)
      return await fromSnapshot(name, claim, driver, ctx);
  } catch (error) {
    if (isNotFound(error)) return { is: 'missing', reason: `${kind} "${name}" is not there` };
    throw error;
  }
  return { is: 'missing', reason: `a populator has to fill the volume from ${kind} "${name}"` };
}

/** One that is going is copied only by whom it waits for. */
function isGoing(
  object: DeepReadonly<VolumeSnapshot> | ReadonlyClaim,
  finalizer: string,
  claim: ReadonlyClaim,
): boolean {
  return isDeleting(object) && !(hasFinalizer(object, finalizer) && hasFinalizer(claim, provisioningFinalizer));
}

async function fromClaim(
  name: string,
  claim: ReadonlyClaim,
  driver: string,
  { client, key, signal }: Context,
): Promise<SourceAnswer> {
  const missing = (text: string): SourceAnswer => ({
    is: 'missing',
    reason: `PersistentVolumeClaim "${name}" ${text}`,
  });
  const origin = await client.get(PersistentVolumeClaim, { name, namespace: key.namespace }, { signal });
  if (isGoing(origin, cloningFinalizer, claim)) return missing('is being deleted');
  const { metadata, spec, status } = origin;
  if (status?.phase !== 'Bound') return missing('is not bound');
  const volume = await client.get(PersistentVolume, { name: spec?.volumeName ?? '' }, { signal });
  const { csi, claimRef, capacity } = volume.spec ?? {};
  if (claimRef?.uid !== metadata.uid) return missing('has no volume of its own');
  if (csi?.driver !== driver) return missing('has a volume of another driver');
  const bytes = Quantity.parse(status.capacity?.['storage'] ?? capacity?.['storage'] ?? '0').value();
  const mode = spec?.volumeMode ?? 'Filesystem';
  const misfit = checkFit(claim, { what: `PersistentVolumeClaim "${name}"`, bytes, mode, isModeFree: false });
  if (misfit !== undefined) return { is: 'refused', reason: misfit };
  const source: ContentSource = { type: { case: 'volume', value: { volumeId: csi.volumeHandle } } };
  return { is: 'content', source, object: { kind: PersistentVolumeClaim, name } };
}

async function fromSnapshot(
  name: string,
  claim: ReadonlyClaim,
  driver: string,
  { client, key, signal }: Context,
): Promise<SourceAnswer> {
  const missing = (text: string): SourceAnswer => ({ is: 'missing', reason: `VolumeSnapshot "${name}" ${text}` });
  const snapshot = await client.get(VolumeSnapshot, { name, namespace: key.namespace }, { signal });
  const { metadata, status } = snapshot;
  if (isGoing(snapshot, restoringFinalizer, claim)) return missing('is being deleted');
  const contentName = status?.boundVolumeSnapshotContentName;
  if (!contentName || status?.readyToUse !== true) return missing('is not ready');
  const content = await client.get(VolumeSnapshotContent, { name: contentName }, { signal });
  const snapshotId = content.status?.snapshotHandle;
  // A content that belongs to another snapshot would give its data to whoever names it.
  if (content.spec.volumeSnapshotRef.uid !== metadata.uid || !snapshotId) return missing('has no content of its own');
  if (content.spec.driver !== driver) return missing('is of another driver');
  const bytes = Quantity.parse(status.restoreSize ?? '0').value();
  const isModeFree = content.metadata.annotations?.[allowModeChange] === 'true';
  const what = `VolumeSnapshot "${name}"`;
  const misfit = checkFit(claim, { what, bytes, mode: content.spec.sourceVolumeMode, isModeFree });
  if (misfit !== undefined) return { is: 'refused', reason: misfit };
  const source: ContentSource = { type: { case: 'snapshot', value: { snapshotId } } };
  return { is: 'content', source, object: { kind: VolumeSnapshot, name } };
}

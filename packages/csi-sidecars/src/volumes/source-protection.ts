import type { ReconcileContext } from '@kubewright/controller';
import { hasFinalizer, isDeleting, isNotFound } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { cloningFinalizer, provisioningFinalizer, restoringFinalizer } from '../driver/names.js';
import { VolumeSnapshot } from '../snapshots/kinds.js';
import { sourceSnapshotOf } from '../snapshots/restored-claims.js';
import type { SourceObject } from './volume-source.js';

type Source = PersistentVolumeClaim | VolumeSnapshot;

/** Of a run for a claim: where its source, which is in its namespace, is looked up and written. */
export type SourceAccess = Pick<
  ReconcileContext<PersistentVolumeClaim>,
  'client' | 'key' | 'signal' | 'addFinalizer' | 'removeFinalizer'
>;

/**
 * Puts what a volume is made from under protection, from before the driver is asked. @returns false where it goes already, or is
 * gone: then nobody has asked the driver.
 */
export async function holdSource(object: SourceObject, access: SourceAccess): Promise<boolean> {
  const finalizer = finalizerOf(object);
  const found = await read(object, access);
  if (found === undefined || hasFinalizer(found, finalizer)) return found !== undefined;
  if (isDeleting(found)) return false;
  await access.addFinalizer<Source>(object.kind, found, finalizer);
  return true;
}

/** Whether it is gone, or is to go. */
export async function isSourceGoing(object: SourceObject, access: SourceAccess): Promise<boolean> {
  const found = await read(object, access);
  return found === undefined || isDeleting(found);
}

/**
 * Takes a claim's hold off the snapshot that its volume was made from, unless others hold it, too. Claims that are copied are let
 * go by `CloneProtection`; snapshots have nobody who is sure to run beside them.
 */
export async function releaseSnapshot(claim: DeepReadonly<PersistentVolumeClaim>, access: SourceAccess): Promise<void> {
  const name = sourceSnapshotOf(claim);
  if (name === undefined) return;
  const object: SourceObject = { kind: VolumeSnapshot, name };
  const found = await read(object, access);
  if (found === undefined || !hasFinalizer(found, restoringFinalizer)) return;
  if (await isHeldByOthers(claim, name, access)) return;
  await access.removeFinalizer<Source>(object.kind, found, restoringFinalizer);
  // One that came in between has seen the finalizer and counts on it.
  if (await isHeldByOthers(claim, name, access)) await holdSource(object, access);
}

async function isHeldByOthers(
  { metadata: { uid } }: DeepReadonly<PersistentVolumeClaim>,
  name: string,
  { client, key, signal }: SourceAccess,
): Promise<boolean> {
  const { items } = await client.list(PersistentVolumeClaim, { namespace: key.namespace, signal });
  return items.some(
    (each) => each.metadata.uid !== uid && sourceSnapshotOf(each) === name && hasFinalizer(each, provisioningFinalizer),
  );
}

function finalizerOf({ kind }: SourceObject): string {
  return kind.kind === VolumeSnapshot.kind ? restoringFinalizer : cloningFinalizer;
}

async function read({ kind, name }: SourceObject, { client, key, signal }: SourceAccess): Promise<Source | undefined> {
  try {
    return await client.get<Source>(kind, { name, namespace: key.namespace }, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Contents and the snapshots, or groups, that hold them: deleting a content that is bound deletes nothing on the storage before
 * its snapshot goes. The snapshot's side says so by an annotation, as Kubernetes' own snapshot controller does; a snapshot that is
 * gone holds nothing either.
 */
import { isNotFound } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import type { ObjectReference } from '@kubewright/api/core/v1';
import type { ReconcileContext } from '@kubewright/controller';

/** What a content and the controllers of its two sides tell each other. */
export interface ContentMarks {
  /** Keeps the content while it is bound. */
  readonly finalizer: string;
  /** Its snapshot goes, and nothing is made from it any more. */
  readonly beingDeleted: string;
  /** The driver was asked to make it and has not answered for certain. */
  readonly beingCreated: string;
}

export const marksOfSnapshot: ContentMarks = {
  finalizer: 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection',
  beingDeleted: 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted',
  beingCreated: 'snapshot.storage.kubernetes.io/volumesnapshot-being-created',
};
export const marksOfGroup: ContentMarks = {
  finalizer: 'groupsnapshot.storage.kubernetes.io/volumegroupsnapshotcontent-bound-protection',
  beingDeleted: 'groupsnapshot.storage.kubernetes.io/volumegroupsnapshot-being-deleted',
  beingCreated: 'groupsnapshot.storage.kubernetes.io/volumegroupsnapshot-being-created',
};

type ReadonlyObject = DeepReadonly<KubeObject>;

export function isMarked({ metadata }: ReadonlyObject, mark: string): boolean {
  return metadata.annotations?.[mark] !== undefined;
}

/** Writes a mark on an object. Does nothing where it is there already. */
export async function mark<T extends KubeObject>(
  kind: Kind<T>,
  object: DeepReadonly<T>,
  name: string,
  ctx: Pick<ReconcileContext<KubeObject>, 'patch'>,
): Promise<void> {
  const { uid } = object.metadata;
  if (!isMarked(object, name)) await ctx.patch(kind, object, { metadata: { uid, annotations: { [name]: 'yes' } } });
}

/** Takes a mark off; the object may be older than the mark. */
export async function unmark<T extends KubeObject>(
  kind: Kind<T>,
  object: DeepReadonly<T>,
  name: string,
  ctx: Pick<ReconcileContext<KubeObject>, 'patch'>,
): Promise<void> {
  await ctx.patch(kind, object, { metadata: { uid: object.metadata.uid, annotations: { [name]: null } } });
}

/** The object that a content's reference names by its uid: one of the same name that was made later is another. */
export function holderOf<T extends KubeObject>(
  kind: Kind<T>,
  { uid, name = '', namespace = '' }: DeepReadonly<ObjectReference>,
  ctx: Pick<ReconcileContext<KubeObject>, 'get'>,
): DeepReadonly<T> | undefined {
  const found = ctx.get(kind, { name, namespace });
  return uid && found?.metadata.uid === uid ? found : undefined;
}

/** Whether a content that somebody deletes has to stay, since its snapshot is there and does not go. */
export async function isHeld<T extends KubeObject>(
  kind: Kind<T>,
  content: ReadonlyObject,
  { beingDeleted }: ContentMarks,
  reference: DeepReadonly<ObjectReference>,
  ctx: Pick<ReconcileContext<KubeObject>, 'get' | 'client' | 'signal'>,
): Promise<boolean> {
  const { uid, name = '', namespace = '' } = reference;
  if (!uid || isMarked(content, beingDeleted)) return false;
  if (holderOf(kind, reference, ctx) !== undefined) return true;
  // A cache that does not know it is not enough to delete data.
  try {
    const found = await ctx.client.get(kind, { name, namespace }, { signal: ctx.signal });
    return found.metadata.uid === uid;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Writes that name an object by its uid: one of its name that took its place is left alone. */
import { isConflict, isInvalid, isNotFound, statusErrors } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject, ObjectKey } from '@kubewright/api';
import type { Client } from '@kubewright/informer';

export function keyOf(object: DeepReadonly<KubeObject>): ObjectKey {
  return { name: object.metadata.name ?? '', namespace: object.metadata.namespace };
}

/** The uid of what is under an object's name now; undefined where there is nothing. */
export async function liveUidOf(
  client: Client,
  kind: Kind,
  object: DeepReadonly<KubeObject>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await client.get(kind, keyOf(object), { signal })).metadata.uid;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** A merge patch for just this object. */
export function patchOf(object: DeepReadonly<KubeObject>, patch: object): { readonly type: 'merge'; patch: object } {
  const { uid } = object.metadata;
  const { metadata } = patch as { readonly metadata?: object };
  return { type: 'merge', patch: { ...patch, ...(uid !== undefined && { metadata: { uid, ...metadata } }) } };
}

/**
 * Runs a patch made by `patchOf`. A server holds the uid against the object as a precondition or as a field that never
 * changes; either answer becomes the conflict that it is.
 */
export async function patchSame<C extends KubeObject>(
  client: Client,
  kind: Kind,
  object: DeepReadonly<KubeObject>,
  signal: AbortSignal,
  send: () => Promise<C>,
): Promise<C> {
  try {
    return await send();
  } catch (error) {
    if (!isInvalid(error) || (await liveUidOf(client, kind, object, signal)) === object.metadata.uid) throw error;
    const { group, plural: resource } = kind;
    const { name = '', uid } = object.metadata;
    throw statusErrors.conflict({ group, resource }, name, `the object with uid ${uid} is no longer there`);
  }
}

/** Whether a failed delete by uid is as good as done: the object is gone, or another has its name. */
export async function isGone(
  error: unknown,
  client: Client,
  kind: Kind,
  object: DeepReadonly<KubeObject>,
  signal: AbortSignal,
): Promise<boolean> {
  // A conflict may have other grounds.
  return (
    isNotFound(error) || (isConflict(error) && (await liveUidOf(client, kind, object, signal)) !== object.metadata.uid)
  );
}

/**
 * The one place where lists of finalizers are edited. Each edit is a merge patch with the uid and the resourceVersion of the
 * object that the decision was made on: a server answers with a conflict where anything of the object has changed since, and
 * never loses what others put on the list meanwhile. Who decides by an object's state gets to decide anew then.
 */
import { hasFinalizer, isNotFound } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import type { Client } from '@kubewright/informer';
import { keyOf, patchOf, patchSame } from './same-object.js';

/** Where an edit goes, and until when. */
export interface FinalizerAccess<T extends KubeObject> {
  readonly client: Client;
  readonly kind: Kind<T>;
  readonly signal: AbortSignal;
}

export interface FinalizerOptions {
  /** Annotations to set in the same write; null takes one off. Default: none. */
  readonly annotations?: Readonly<Record<string, string | null>>;
}

/** A new object with finalizers on it, which is how one is never seen without them. */
export function withFinalizers<O extends { readonly metadata: { readonly finalizers?: readonly string[] } }>(
  object: O,
  ...finalizers: readonly string[]
): O {
  return { ...object, metadata: { ...object.metadata, finalizers: added(object, finalizers) } };
}

/**
 * Puts finalizers on an object. Sends nothing where it has them.
 *
 * @returns the object as it is then.
 * @throws Conflict where the object has changed or another has its name, NotFound where it is gone.
 */
export async function addFinalizers<T extends KubeObject>(
  access: FinalizerAccess<T>,
  object: DeepReadonly<T>,
  ...finalizers: readonly string[]
): Promise<DeepReadonly<T>> {
  const isThere = finalizers.every((finalizer) => hasFinalizer(object, finalizer));
  return isThere ? object : write(access, object, { finalizers: added(object, finalizers) });
}

/**
 * Takes a finalizer off an object. Sends nothing where it has none of that name.
 *
 * @returns the object as it is then; undefined where it is gone, as it may be after its last finalizer.
 * @throws Conflict where the object has changed or another has its name.
 */
export async function removeFinalizer<T extends KubeObject>(
  access: FinalizerAccess<T>,
  object: DeepReadonly<T>,
  finalizer: string,
  { annotations }: FinalizerOptions = {},
): Promise<DeepReadonly<T> | undefined> {
  if (!hasFinalizer(object, finalizer)) return object;
  const finalizers = object.metadata.finalizers?.filter((each) => each !== finalizer);
  try {
    return await write(access, object, { finalizers, ...(annotations && { annotations }) });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function added(
  { metadata }: { readonly metadata: { readonly finalizers?: readonly string[] } },
  finalizers: readonly string[],
): string[] {
  return [...new Set([...(metadata.finalizers ?? []), ...finalizers])];
}

async function write<T extends KubeObject>(
  { client, kind, signal }: FinalizerAccess<T>,
  object: DeepReadonly<T>,
  metadata: object,
): Promise<DeepReadonly<T>> {
  const { resourceVersion } = object.metadata;
  const patch = patchOf(object, { metadata: { resourceVersion, ...metadata } });
  const written: unknown = await patchSame(client, kind, object, signal, () =>
    client.patch<T>(kind, keyOf(object), patch, { signal }),
  );
  return written as DeepReadonly<T>;
}

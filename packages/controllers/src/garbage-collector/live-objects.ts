import { removeFinalizer } from '@kubewright/controller';
import { isNotFound } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import type { Client, DiscoveredKind } from '@kubewright/informer';
import { controllersErrors } from '../errors/controllers-errors.js';
import type { CollectableKinds } from './collectable-kinds.js';
import { describeIdentity } from './object-identity.js';
import type { ObjectIdentity } from './object-identity.js';

/** An object's place cannot be looked up: a cluster-scoped object names an owner that is in a namespace. */
export const unreachable = Symbol('unreachable');

/** The objects as the server has them now, by identity. Only their metadata is read and written. */
export class LiveObjects {
  constructor(
    private readonly client: Client,
    private readonly kinds: () => CollectableKinds,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * The object at an identity's place, if it is the one that the uid says.
   *
   * @throws KW_CONTROLLERS_OWNER_KIND_UNKNOWN where the server does not serve its kind, which may change.
   */
  async get(identity: ObjectIdentity): Promise<KubeObject | undefined | typeof unreachable> {
    const kind = this.#kindOf(identity);
    if (kind.scope === 'Namespaced' && identity.namespace === undefined) return unreachable;
    const object = await ifFound(this.client.get(kind, keyOf(kind, identity), { signal: this.signal }));
    return object?.metadata.uid === identity.uid ? object : undefined;
  }

  /** Changes the metadata of just the revision `object`. A conflict where it has changed since; nothing where it is gone. */
  async patch(identity: ObjectIdentity, object: KubeObject, metadata: object): Promise<void> {
    const kind = this.#kindOf(identity);
    const { uid, resourceVersion } = object.metadata;
    const patch = { metadata: { ...metadata, uid, resourceVersion } };
    await ifFound(this.client.patch(kind, keyOf(kind, identity), { type: 'merge', patch }, { signal: this.signal }));
  }

  /** Takes a finalizer off just the revision `object`, as `patch` would. Nothing is sent where it has none of that name. */
  async removeFinalizer(identity: ObjectIdentity, object: KubeObject, finalizer: string): Promise<void> {
    await removeFinalizer(
      { client: this.client, kind: this.#kindOf(identity), signal: this.signal },
      object,
      finalizer,
    );
  }

  /** Deletes just the revision `object`, so that owners added since save it. A conflict where it has changed. */
  async delete(
    identity: ObjectIdentity,
    object: KubeObject,
    propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
  ): Promise<void> {
    const kind = this.#kindOf(identity);
    const { resourceVersion } = object.metadata;
    const preconditions = { uid: identity.uid, ...(resourceVersion !== undefined && { resourceVersion }) };
    await ifFound(
      this.client.delete(kind, keyOf(kind, identity), { propagationPolicy, preconditions, signal: this.signal }),
    );
  }

  #kindOf(identity: ObjectIdentity): DiscoveredKind {
    const kind = this.kinds().find(identity);
    if (kind !== undefined) return kind;
    const { apiVersion, kind: name } = identity;
    throw controllersErrors.OWNER_KIND_UNKNOWN({ apiVersion, kind: name, object: describeIdentity(identity) });
  }
}

function keyOf(kind: DiscoveredKind, { name, namespace }: ObjectIdentity): { name: string; namespace?: string } {
  return kind.scope === 'Namespaced' && namespace !== undefined ? { name, namespace } : { name };
}

async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

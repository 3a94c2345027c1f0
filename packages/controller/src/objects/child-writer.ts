/**
 * A controller's writes. Each is remembered for read-your-writes, and a child gets the reconciled object as its controller.
 */
import {
  isConflict,
  isDeleting,
  isNotFound,
  objectKey,
  parseApiVersion,
  setControllerReference,
} from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import type { ApplyObject, Client, NewObject, ObjectKey } from '@kubewright/informer';
import { kindOf } from '../custom-resource/custom-resource.js';
import type { Resource } from '../custom-resource/custom-resource.js';
import type { OwnWrites, Write } from '../own-writes/own-writes.js';
import type { ChildOptions, PartialChild } from '../reconcile/reconcile-context.js';
import type { WatchedKinds } from '../runner/watched-kinds.js';
import type { ApplyMemory } from './apply-memory.js';
import type { KindDirectory } from './kind-directory.js';

export interface ChildWriterOptions {
  readonly client: Client;
  readonly watched: WatchedKinds;
  readonly ownWrites: OwnWrites;
  readonly memory: ApplyMemory;
  readonly kinds: KindDirectory;
}

/** Writes for one reconciled object. */
export class ChildWriter<T extends KubeObject> {
  constructor(
    private readonly options: ChildWriterOptions,
    private readonly owner: DeepReadonly<T>,
    private readonly reconcileKey: string,
    private readonly signal: AbortSignal,
  ) {}

  async apply<C extends KubeObject>(
    child: C | PartialChild<C>,
    { owned = true }: ChildOptions,
  ): Promise<DeepReadonly<C>> {
    const kind = await this.options.kinds.find<C>(parseApiVersion(child.apiVersion), child.kind, this.signal);
    const wanted = owned ? this.#owned(child) : child;
    const id = `${child.apiVersion} ${child.kind} ${objectKey(child)}`;
    const cached = this.options.watched.find(kind.group, kind.kind)?.lister.get(objectKey(child));
    if (this.options.memory.isCurrent(id, wanted, cached) && cached !== undefined && !isDeleting(cached))
      return cached as DeepReadonly<C>;
    this.options.memory.forget(id);
    // A controller is the one who decides about the fields it applies: another manager of the same field gives way.
    const applied = await this.options.client.apply<C>(kind, wanted as ApplyObject<C>, {
      force: true,
      signal: this.signal,
    });
    this.options.memory.remember(id, wanted);
    this.#remember(kind, applied);
    return applied as DeepReadonly<C>;
  }

  async create<C extends KubeObject>(
    resource: Resource<C>,
    child: NewObject<C>,
    { owned = true }: ChildOptions,
  ): Promise<C> {
    const kind = kindOf(resource);
    const created = await this.options.client.create<C>(kind, owned ? this.#owned(child) : child, {
      signal: this.signal,
    });
    this.#remember(kind, created);
    return created;
  }

  async update<C extends KubeObject>(resource: Resource<C>, object: NewObject<C>): Promise<C> {
    const kind = kindOf(resource);
    const updated = await this.options.client.update<C>(kind, object, { signal: this.signal });
    this.#remember(kind, updated);
    return updated;
  }

  async patch<C extends KubeObject>(resource: Resource<C>, object: DeepReadonly<C>, patch: object): Promise<C> {
    const kind = kindOf(resource);
    const patched = await this.options.client.patch<C>(
      kind,
      keyOf(object),
      { type: 'merge', patch },
      { signal: this.signal },
    );
    this.#remember(kind, patched);
    return patched;
  }

  async patchStatus<C extends KubeObject>(
    resource: Resource<C>,
    object: DeepReadonly<C>,
    status: object,
  ): Promise<void> {
    const kind = kindOf(resource);
    const patched = await this.options.client
      .status<C>(kind)
      .patch(
        keyOf(object),
        { type: 'merge', patch: { metadata: { uid: object.metadata.uid }, status } },
        { signal: this.signal },
      );
    this.#remember(kind, patched);
  }

  async delete<C extends KubeObject>(resource: Resource<C>, object: DeepReadonly<C>): Promise<void> {
    const kind = kindOf(resource);
    const { uid } = object.metadata;
    try {
      await this.options.client.delete<C>(kind, keyOf(object), {
        signal: this.signal,
        ...(uid !== undefined && { preconditions: { uid } }),
      });
    } catch (error) {
      // Gone, or replaced by another of its name: what was to be deleted is deleted. A conflict may have other grounds.
      const isGone = isNotFound(error) || (isConflict(error) && (await this.#uidOf(kind, object)) !== uid);
      if (!isGone) throw error;
    }
    this.#record(kind, objectKey(object), uid, 'deleting');
  }

  /** The uid of what is under an object's name now; undefined where there is nothing. */
  async #uidOf(kind: Kind, object: DeepReadonly<KubeObject>): Promise<string | undefined> {
    try {
      return (await this.options.client.get(kind, keyOf(object), { signal: this.signal })).metadata.uid;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #owned<C extends { readonly metadata: object }>(child: C): C {
    const owned = { ...child, metadata: { ...child.metadata } } as C & KubeObject;
    setControllerReference(owned, this.owner);
    return owned;
  }

  #remember(kind: Kind, written: KubeObject): void {
    const { uid, resourceVersion, finalizers = [] } = written.metadata;
    // A server that completes a delete in answering (the last finalizer went) leaves nothing to see but the absence.
    if (isDeleting(written) && finalizers.length === 0 && kind.kind !== 'Pod')
      this.#record(kind, objectKey(written), uid, 'gone');
    else if (resourceVersion !== undefined) this.#record(kind, objectKey(written), uid, { resourceVersion });
  }

  #record(kind: Kind, key: string, uid: string | undefined, until: Write['until']): void {
    const informer = this.options.watched.find(kind.group, kind.kind);
    if (informer?.hasSynced) this.options.ownWrites.record(this.reconcileKey, { informer, key, uid, until });
  }
}

function keyOf(object: DeepReadonly<KubeObject>): ObjectKey {
  return { name: object.metadata.name ?? '', namespace: object.metadata.namespace };
}

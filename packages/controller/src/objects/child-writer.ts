/**
 * A controller's writes. Each is remembered for read-your-writes, and a child gets the reconciled object as its controller.
 */
import { isDeleting, objectKey, parseApiVersion, setControllerReference } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import type { ApplyObject, Client, NewObject } from '@kubewright/informer';
import { kindOf } from '../custom-resource/custom-resource.js';
import type { Resource } from '../custom-resource/custom-resource.js';
import type { EventRecorder } from '../events/event-recorder.js';
import { addFinalizers, removeFinalizer } from './finalizer-edits.js';
import type { FinalizerOptions } from './finalizer-edits.js';
import type { OwnWrites, Write } from '../own-writes/own-writes.js';
import type { ApplyOptions, ChildOptions, PartialChild } from './child-options.js';
import type { WatchedKinds } from './watched-kinds.js';
import { applyChild } from './apply-child.js';
import type { ApplyMemory, OwnerMemory } from './apply-memory.js';
import type { KindDirectory } from './kind-directory.js';
import { isGone, keyOf, patchOf, patchSame } from './same-object.js';

export interface ChildWriterOptions {
  readonly client: Client;
  readonly watched: WatchedKinds;
  readonly ownWrites: OwnWrites;
  readonly memory: ApplyMemory;
  readonly kinds: KindDirectory;
  readonly events: EventRecorder;
}

/** Writes for one reconciled object. */
export class ChildWriter<T extends KubeObject> {
  readonly #memory: OwnerMemory;

  constructor(
    private readonly options: ChildWriterOptions,
    private readonly owner: DeepReadonly<T>,
    private readonly reconcileKey: string,
    private readonly signal: AbortSignal,
  ) {
    this.#memory = options.memory.begin(reconcileKey);
  }

  async apply<C extends KubeObject>(child: C | PartialChild<C>, options: ApplyOptions): Promise<DeepReadonly<C>> {
    const { kinds, watched, client, events } = this.options;
    const kind = await kinds.find<C>(parseApiVersion(child.apiVersion), child.kind, this.signal);
    const wanted = options.owned === false ? child : this.#owned(child);
    const id = `${child.apiVersion} ${child.kind} ${objectKey(child)}`;
    const informer = watched.find(kind.group, kind.kind);
    const cached = informer?.lister.get(objectKey(child));
    if (this.#memory.isCurrent(id, wanted, cached) && cached !== undefined && !isDeleting(cached))
      return cached as DeepReadonly<C>;
    this.#memory.forget(id);
    const applied = await applyChild<C>({
      kind,
      wanted: wanted as ApplyObject<C>,
      owner: this.owner,
      options,
      cached,
      isCached: informer?.hasSynced === true,
      client,
      events,
      signal: this.signal,
    });
    this.#memory.remember(id, wanted);
    this.remember(kind, applied);
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
    this.remember(kind, created);
    return created;
  }

  async update<C extends KubeObject>(resource: Resource<C>, object: NewObject<C>): Promise<C> {
    const kind = kindOf(resource);
    const updated = await this.options.client.update<C>(kind, object, { signal: this.signal });
    this.remember(kind, updated);
    return updated;
  }

  async patch<C extends KubeObject>(resource: Resource<C>, object: DeepReadonly<C>, patch: object): Promise<C> {
    const kind = kindOf(resource);
    const { client } = this.options;
    const patched = await patchSame(client, kind, object, this.signal, () =>
      client.patch<C>(kind, keyOf(object), patchOf(object, patch), { signal: this.signal }),
    );
    this.remember(kind, patched);
    return patched;
  }

  async delete<C extends KubeObject>(resource: Resource<C>, object: DeepReadonly<C>): Promise<void> {
    const kind = kindOf(resource);
    const { client } = this.options;
    const { uid } = object.metadata;
    try {
      await client.delete<C>(kind, keyOf(object), {
        signal: this.signal,
        ...(uid !== undefined && { preconditions: { uid } }),
      });
    } catch (error) {
      if (!(await isGone(error, client, kind, object, this.signal))) throw error;
    }
    this.#record(kind, objectKey(object), uid, 'deleting');
  }

  async addFinalizer<C extends KubeObject>(
    resource: Resource<C>,
    object: DeepReadonly<C>,
    finalizers: readonly string[],
  ): Promise<DeepReadonly<C>> {
    const kind = kindOf(resource);
    const { client } = this.options;
    const written = await addFinalizers({ client, kind, signal: this.signal }, object, ...finalizers);
    if (written !== object) this.remember(kind, written);
    return written;
  }

  async removeFinalizer<C extends KubeObject>(
    resource: Resource<C>,
    object: DeepReadonly<C>,
    finalizer: string,
    options: FinalizerOptions,
  ): Promise<DeepReadonly<C> | undefined> {
    const kind = kindOf(resource);
    const { client } = this.options;
    const written = await removeFinalizer({ client, kind, signal: this.signal }, object, finalizer, options);
    if (written === undefined) this.#record(kind, objectKey(object), object.metadata.uid, 'gone');
    else if (written !== object) this.remember(kind, written);
    return written;
  }

  /** Takes note of what the server answered to a write of the reconciled object or of a child. */
  remember(kind: Kind, written: DeepReadonly<KubeObject>): void {
    const { uid, resourceVersion, finalizers = [] } = written.metadata;
    // A server that completes a delete in answering (the last finalizer went) leaves nothing to see but the absence.
    if (isDeleting(written) && finalizers.length === 0 && kind.kind !== 'Pod')
      this.#record(kind, objectKey(written), uid, 'gone');
    else if (resourceVersion !== undefined) this.#record(kind, objectKey(written), uid, { resourceVersion });
  }

  #owned<C extends { readonly metadata: object }>(child: C): C {
    const owned = { ...child, metadata: { ...child.metadata } } as C & KubeObject;
    setControllerReference(owned, this.owner);
    return owned;
  }

  #record(kind: Kind, key: string, uid: string | undefined, until: Write['until']): void {
    const informer = this.options.watched.find(kind.group, kind.kind);
    if (informer?.hasSynced) this.options.ownWrites.record(this.reconcileKey, { informer, key, uid, until });
  }
}

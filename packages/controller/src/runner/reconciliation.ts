import type { DeepReadonly, Kind, KubeObject, ObjectKey } from '@kubewright/api';
import type { Clock, Logger, Span } from '@kubewright/core';
import type { Cause, Client, LocalSelection, NewObject } from '@kubewright/informer';
import { controlledBy } from '../adoption/ownership-index.js';
import type { Resource } from '../custom-resource/custom-resource.js';
import type { EventRecorder } from '../events/event-recorder.js';
import type { FinalizerOptions } from '../objects/finalizer-edits.js';
import type { ChildWriter } from '../objects/child-writer.js';
import type { ApplyOptions, ChildOptions, PartialChild } from '../objects/child-options.js';
import type { ReconcileContext, StatusPatch } from '../reconcile/reconcile-context.js';
import type { ConditionInput } from '../status/condition.js';
import { StatusWriter } from '../status/status-writer.js';
import type { WatchedKinds } from '../objects/watched-kinds.js';

export interface ReconciliationParts<T extends KubeObject> {
  readonly id: string;
  readonly object: DeepReadonly<T>;
  readonly kind: Kind<T>;
  readonly key: ObjectKey;
  readonly causes: readonly Cause[];
  readonly retries: number;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly span: Span;
  readonly client: Client;
  readonly clock: Clock;
  readonly watched: WatchedKinds;
  readonly writer: ChildWriter<T>;
  readonly events: EventRecorder;
}

/** The context of one run. */
export class Reconciliation<T extends KubeObject> implements ReconcileContext<T> {
  readonly id: string;
  readonly key: ObjectKey;
  readonly causes: readonly Cause[];
  readonly retries: number;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly span: Span;
  readonly client: Client;
  readonly #parts: ReconciliationParts<T>;
  readonly #status: StatusWriter<T>;

  constructor(parts: ReconciliationParts<T>) {
    this.#parts = parts;
    ({
      id: this.id,
      key: this.key,
      causes: this.causes,
      retries: this.retries,
      signal: this.signal,
      logger: this.logger,
      span: this.span,
      client: this.client,
    } = parts);
    const { client, kind, object, signal, writer } = parts;
    this.#status = new StatusWriter({
      client,
      kind,
      object,
      signal,
      written: (answer) => writer.remember(kind, answer),
    });
  }

  get<C extends KubeObject>(resource: Resource<C>, key: ObjectKey): DeepReadonly<C> | undefined {
    const namespace = key.namespace ?? this.key.namespace;
    const { lister, kind } = this.#parts.watched.of(resource);
    return lister.get(
      kind.scope === 'Namespaced' && namespace !== undefined ? { name: key.name, namespace } : { name: key.name },
    );
  }

  list<C extends KubeObject>(resource: Resource<C>, selection: LocalSelection = {}): DeepReadonly<C>[] {
    const { lister, kind } = this.#parts.watched.of(resource);
    const own = kind.scope === 'Namespaced' ? { namespace: this.key.namespace } : {};
    return lister.list({ ...own, ...selection });
  }

  children<C extends KubeObject>(resource: Resource<C>): DeepReadonly<C>[] {
    return controlledBy(this.#parts.watched.of(resource), this.#parts.object.metadata.uid);
  }

  apply<C extends KubeObject>(child: C | PartialChild<C>, options: ApplyOptions = {}): Promise<DeepReadonly<C>> {
    return this.#parts.writer.apply(child, options);
  }

  create<C extends KubeObject>(resource: Resource<C>, child: NewObject<C>, options: ChildOptions = {}): Promise<C> {
    return this.#parts.writer.create(resource, child, options);
  }

  update<C extends KubeObject>(resource: Resource<C>, object: NewObject<C>): Promise<C> {
    return this.#parts.writer.update(resource, object);
  }

  patch<C extends KubeObject>(resource: Resource<C>, object: DeepReadonly<C>, patch: object): Promise<C> {
    return this.#parts.writer.patch(resource, object, patch);
  }

  delete<C extends KubeObject>(resource: Resource<C>, object: DeepReadonly<C>): Promise<void> {
    return this.#parts.writer.delete(resource, object);
  }

  addFinalizer<C extends KubeObject>(
    resource: Resource<C>,
    object: DeepReadonly<C>,
    ...finalizers: readonly string[]
  ): Promise<DeepReadonly<C>> {
    return this.#parts.writer.addFinalizer(resource, object, finalizers);
  }

  removeFinalizer<C extends KubeObject>(
    resource: Resource<C>,
    object: DeepReadonly<C>,
    finalizer: string,
    options: FinalizerOptions = {},
  ): Promise<DeepReadonly<C> | undefined> {
    return this.#parts.writer.removeFinalizer(resource, object, finalizer, options);
  }

  async status(fields: StatusPatch<T>, ...conditions: readonly ConditionInput[]): Promise<void> {
    await this.#status.write(fields, conditions, this.#parts.clock.now());
  }

  event(type: 'Normal' | 'Warning', reason: string, note: string): void {
    this.#parts.events.record(this.#parts.object, { type, reason, note });
  }
}

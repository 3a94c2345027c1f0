/** What a reconcile is given to work with: reads from the cache, writes that are remembered, and what is known of this run. */
import type { DeepReadonly, KubeObject, ObjectKey } from '@kubewright/api';
import type { Logger, Span } from '@kubewright/core';
import type { Cause, Client, LocalSelection, NewObject } from '@kubewright/informer';
import type { Resource } from '../custom-resource/custom-resource.js';
import type { FinalizerOptions } from '../objects/finalizer-edits.js';
import type { ApplyOptions, ChildOptions, PartialChild } from '../objects/child-options.js';
import type { ConditionInput } from '../status/condition.js';

/** The type of an object's status. */
export type StatusOf<T> = T extends { readonly status?: infer S } ? NonNullable<S> : object;

/** Fields of a status to set; one that is undefined is taken off. */
export type StatusPatch<T> = { readonly [K in keyof StatusOf<T>]?: StatusOf<T>[K] | undefined };

export interface ReconcileContext<T extends KubeObject> {
  /** Unique for this run; every log line and event of the run carries it. */
  readonly id: string;
  readonly key: ObjectKey;
  /** Why this run happens, oldest first. For logs; never branch on it. */
  readonly causes: readonly Cause[];
  /** How many runs failed before this one. */
  readonly retries: number;
  /** Aborts when the controller stops or the run takes too long. Pass it to whatever waits. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly span: Span;
  /** For live reads and for what has no method here. Its writes are not remembered for read-your-writes. */
  readonly client: Client;

  /** An object from the cache of a watched kind. */
  get<C extends KubeObject>(resource: Resource<C>, key: ObjectKey): DeepReadonly<C> | undefined;
  /** The objects of a watched kind in the cache; by default those of this object's namespace. */
  list<C extends KubeObject>(resource: Resource<C>, selection?: LocalSelection): DeepReadonly<C>[];
  /** Those of a watched kind that this object controls. */
  children<C extends KubeObject>(resource: Resource<C>): DeepReadonly<C>[];

  /**
   * Makes a child so, and no more: server-side apply of the given fields under this controller's name. Sends nothing when the
   * cache shows that they are so already. Answers the child as it is.
   *
   * What is there under the child's name already is judged before it is touched, and nothing is written where it changes
   * meanwhile: `ALREADY_OWNED` where another object is its controller, `NOT_ADOPTED` where nobody is, `FIELDS_OWNED` where
   * another manager owns one of the fields. Each refusal, each adoption and each field taken is also an Event about this
   * object. For a kind that the controller does not watch it needs the right `get`.
   */
  apply<C extends KubeObject>(child: C, options?: ApplyOptions): Promise<DeepReadonly<C>>;
  /** The same for a part of the object: `ctx.apply<Deployment>({ apiVersion, kind, metadata, spec: { replicas } })`. */
  apply<C extends KubeObject>(child: PartialChild<C>, options?: ApplyOptions): Promise<DeepReadonly<C>>;
  /** Rejects with AlreadyExists where the name is taken. */
  create<C extends KubeObject>(resource: Resource<C>, child: NewObject<C>, options?: ChildOptions): Promise<C>;
  /** Writes a whole object back. With its resourceVersion in it, rejects with a conflict where somebody else was faster. */
  update<C extends KubeObject>(resource: Resource<C>, object: NewObject<C>): Promise<C>;
  /** A merge patch of just this object, by its uid: a conflict where another has its name by now. */
  patch<C extends KubeObject>(resource: Resource<C>, object: DeepReadonly<C>, patch: object): Promise<C>;
  /** Deletes just this object, by its uid. One that is gone already is no error. */
  delete<C extends KubeObject>(resource: Resource<C>, object: DeepReadonly<C>): Promise<void>;

  /**
   * Puts finalizers on an object, this one or another, so that it stays until they are taken off. Sends nothing where it has
   * them. Only for just the revision that is given: a conflict where the object has changed since. A reconciler's own
   * finalizers need none of this, see `@Finalizer`.
   *
   * @returns the object as it is then.
   */
  addFinalizer<C extends KubeObject>(
    resource: Resource<C>,
    object: DeepReadonly<C>,
    ...finalizers: readonly string[]
  ): Promise<DeepReadonly<C>>;
  /**
   * Takes a finalizer off an object; the reverse of `addFinalizer`, under the same condition.
   *
   * @returns the object as it is then; undefined where it is gone, which is no error.
   */
  removeFinalizer<C extends KubeObject>(
    resource: Resource<C>,
    object: DeepReadonly<C>,
    finalizer: string,
    options?: FinalizerOptions,
  ): Promise<DeepReadonly<C> | undefined>;

  /**
   * Sets fields of this object's status, and conditions by their type; the others stay, also those that others have set
   * since the cache saw the object. A field is set as a whole, a map with all its keys; one that is `undefined` is taken off,
   * as an error that is over. A field that somebody else has changed since the cache saw it is not overwritten: that is a
   * conflict, and the object is reconciled again. `observedGeneration` is set by itself.
   *
   * Sends only what differs, and nothing where nothing does. For built-in kinds of groups without a dot in their name (`apps`,
   * `batch`), whose servers keep no zeros and no empty lists, these count as equal to an absent field. An object that went
   * meanwhile is no error. Needs the rights `get` on the kind and `patch` on its status.
   */
  status(fields: StatusPatch<T>, ...conditions: readonly ConditionInput[]): Promise<void>;

  /** Records an Event about this object. Never fails and never waits. */
  event(type: 'Normal' | 'Warning', reason: string, note: string): void;
}

import type { DeepReadonly, KubeObject } from '@kubewright/api';

/** What became of one object. The store already holds it, or something newer, when a handler hears of it. */
export interface InformerEvent<T extends KubeObject> {
  readonly type: 'added' | 'modified' | 'deleted';
  /** `namespace/name`, or `name` for a cluster-scoped kind. */
  readonly key: string;
  /** The newest state; of a deleted object the last known one. */
  readonly object: DeepReadonly<T>;
  /** The state that this handler knew before; undefined for an added object. Equal to `object` in a resync. */
  readonly old: DeepReadonly<T> | undefined;
  /** The object was there before this handler was, or came with the first list. */
  readonly isInInitialList: boolean;
  /** The deletion was not seen itself: `object` may be older than the object's last state. */
  readonly finalStateUnknown: boolean;
}

/** Called for one event after the other, in order. While a returned promise is pending, further events wait and merge by key. */
export type InformerHandler<T extends KubeObject> = (event: InformerEvent<T>) => void | Promise<void>;

export interface HandlerOptions {
  /** Names the handler in logs and metrics. Default: `anonymous`. */
  readonly name?: string | undefined;
  /**
   * Milliseconds after which every object is told again as modified into itself, at least 1,000; without asking the server.
   * Default: never.
   */
  readonly resyncPeriod?: number | undefined;
}

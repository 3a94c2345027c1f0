import { apiVersionOf } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import { SystemClock, SystemRandom, noMetrics, silentLogger } from '@kubewright/core';
import type { Clock, Logger, Metrics, Random } from '@kubewright/core';
import type { Client } from '../client/client.js';
import { WatchListMemory } from '../reflector/watch-list-memory.js';
import { objectPreparer } from '../store/prepare-object.js';
import type { PrepareOptions } from '../store/prepare-object.js';
import { SharedInformer } from './shared-informer.js';
import type { InformerScope } from './shared-informer.js';

/** How an informer of any kind is. */
export type InformerHealth = Pick<SharedInformer<KubeObject>, 'kind' | 'scope' | 'hasSynced' | 'status' | 'status$'>;

export interface InformerFactoryOptions extends PrepareOptions {
  readonly client: Client;
  /** What every informer covers unless told otherwise. Default: everything. */
  readonly scope?: InformerScope | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
}

/** The informers of one cluster: one for each kind and scope, shared by all who ask. */
export class InformerFactory {
  readonly #options: InformerFactoryOptions;
  readonly #prepare: <T extends KubeObject>(object: T) => DeepReadonly<T>;
  readonly #watchListMemory = new WatchListMemory();
  readonly #informers = new Map<string, InformerHealth>();

  constructor(options: InformerFactoryOptions) {
    this.#options = options;
    this.#prepare = objectPreparer(options);
  }

  /**
   * The informer of a kind. It starts with its first handler, subscriber or holder.
   *
   * @param scope - Default: the factory's. A narrower scope is an informer and a store of its own.
   */
  informer<T extends KubeObject>(kind: Kind<T>, scope: InformerScope = this.#options.scope ?? {}): SharedInformer<T> {
    const namespace = kind.scope === 'Namespaced' ? scope.namespace : undefined;
    const id = JSON.stringify([apiVersionOf(kind), kind.kind, namespace, scope.labelSelector, scope.fieldSelector]);
    const known = this.#informers.get(id);
    // The id names the kind, and a kind has one type of object.
    if (known !== undefined) return known as SharedInformer<T>;
    const { client, clock, random, logger, metrics } = this.#options;
    const informer = new SharedInformer<T>({
      client,
      kind,
      scope: { ...scope, namespace },
      prepare: this.#prepare,
      watchListMemory: this.#watchListMemory,
      clock: clock ?? new SystemClock(),
      random: random ?? new SystemRandom(),
      logger: logger ?? silentLogger,
      metrics: metrics ?? noMetrics,
    });
    this.#informers.set(id, informer);
    return informer;
  }

  /** Every informer that was asked for, running or not: for health checks. */
  get informers(): readonly InformerHealth[] {
    return [...this.#informers.values()];
  }
}

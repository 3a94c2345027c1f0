/**
 * Watches the metadata of every kind that can be deleted. Kinds come and go with CustomResourceDefinitions and API services:
 * what is served is asked for anew when one of these changes, and every 30 s.
 */
import type { KubeObject } from '@kubewright/api';
import type { Clock, Logger } from '@kubewright/core';
import type { Client, DiscoveredKind, HandlerRegistration, InformerEvent, SharedInformer } from '@kubewright/informer';
import { CollectableKinds } from './collectable-kinds.js';

export interface ResourceMonitorsOptions {
  readonly client: Client;
  /** The informer of a kind; of its objects nothing but the metadata is read. */
  readonly informerOf: (kind: DiscoveredKind) => SharedInformer<KubeObject>;
  readonly onEvent: (kind: DiscoveredKind, event: InformerEvent<KubeObject>) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Monitor {
  readonly kind: DiscoveredKind;
  readonly registration: HandlerRegistration;
  /** Nobody waits for it any more: it is known completely, or was given up. */
  isSettled: boolean;
  settled: Promise<void>;
}

/** kube-controller-manager asks this often what is served. */
const discoveryPeriod = 30_000;
/** A kind whose objects cannot be listed for this long no longer holds the others up. */
const syncPatience = 30_000;

/** Changes of these change what is served. */
const describesKinds = new Set(['CustomResourceDefinition', 'APIService']);

export class ResourceMonitors {
  readonly #monitors = new Map<string, Monitor>();
  #kinds = new CollectableKinds([]);
  #isDiscovered = false;
  #nap = new AbortController();

  constructor(private readonly options: ResourceMonitorsOptions) {}

  /** What the server served when it was last asked. */
  get kinds(): CollectableKinds {
    return this.#kinds;
  }

  /** Follows what is served until the signal aborts, then ends every watch. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.options;
    while (!signal.aborted) {
      this.#nap = new AbortController();
      try {
        await this.refresh(signal);
      } catch (error) {
        // What is watched stays watched: a server that cannot tell its kinds has not lost them.
        if (!signal.aborted) logger.warn('the API server did not tell what it serves; asking again', { error });
      }
      await clock.sleep(discoveryPeriod, AbortSignal.any([signal, this.#nap.signal])).catch(() => undefined);
    }
    for (const { registration } of this.#monitors.values()) registration.remove();
    this.#monitors.clear();
  }

  /** Asks what is served now; begins and ends watches accordingly. */
  async refresh(signal: AbortSignal): Promise<void> {
    const kinds = new CollectableKinds(await this.options.client.discovery.discover({ signal }));
    if (signal.aborted) return;
    this.#kinds = kinds;
    const wanted = new Map(kinds.watched.map((kind) => [`${kind.group}/${kind.version}/${kind.plural}`, kind]));
    for (const [id, { registration }] of this.#monitors) {
      if (wanted.has(id)) continue;
      registration.remove();
      this.#monitors.delete(id);
    }
    for (const [id, kind] of wanted) if (!this.#monitors.has(id)) this.#monitors.set(id, this.#watch(kind));
    this.#isDiscovered = true;
  }

  /** The kinds that are not known completely, as plurals. */
  get unsynced(): string[] {
    return [...this.#monitors.values()]
      .filter(({ registration }) => !registration.hasSynced)
      .map(({ kind }) => kind.plural);
  }

  get isDiscovered(): boolean {
    return this.#isDiscovered;
  }

  /**
   * Resolves when the picture is whole: every kind is known completely, or could not be listed for 30 s. Before that nothing
   * may be collected: an owner that leaves its dependents behind would miss those not seen yet, and they would go as garbage.
   */
  async whenSettled(): Promise<void> {
    for (let pending = this.#pending; pending.length > 0; pending = this.#pending)
      await Promise.all(pending.map(({ settled }) => settled));
  }

  get #pending(): Monitor[] {
    return [...this.#monitors.values()].filter(({ isSettled }) => !isSettled);
  }

  #watch(kind: DiscoveredKind): Monitor {
    const registration = this.options.informerOf(kind).addHandler(
      (event) => {
        this.options.onEvent(kind, event);
        if (describesKinds.has(kind.kind) && !event.isInInitialList) this.#nap.abort();
      },
      { name: 'garbage-collector' },
    );
    const monitor: Monitor = { kind, registration, isSettled: false, settled: Promise.resolve() };
    monitor.settled = this.#settle(monitor);
    return monitor;
  }

  async #settle(monitor: Monitor): Promise<void> {
    const { clock, logger } = this.options;
    const { kind, group } = monitor.kind;
    const late = new AbortController();
    using _timer = clock.setTimer(syncPatience, () => late.abort());
    try {
      await monitor.registration.whenSynced(late.signal);
    } catch {
      // Otherwise the watch was ended: the kind is gone, or everything stops.
      if (late.signal.aborted)
        logger.warn('a kind cannot be listed; the garbage collector goes on without it', { kind, group });
    } finally {
      monitor.isSettled = true;
    }
  }
}

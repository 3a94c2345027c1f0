/**
 * Deletes objects whose owners are gone, and carries out foreground and orphaning deletions. The graph of owners comes from
 * watches (`owner-graph`, `resource-monitors`); what is done about a node is decided on live reads (`dependent-collector`).
 */
import { apiVersionOf, isConflict } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import { Cluster, EventRecorder, LeaderGate } from '@kubewright/controller';
import { Clock, HealthCheck, Host, Logger, Metrics, Plugin, Random, inject, optional } from '@kubewright/core';
import type { HealthStatus, Lifecycle } from '@kubewright/core';
import { runWorkers, until } from '@kubewright/core/async';
import { InformerFactory, WorkQueue } from '@kubewright/informer';
import type { DiscoveredKind, InformerEvent, SharedInformer, WorkItem } from '@kubewright/informer';
import { DependentCollector } from './dependent-collector.js';
import { LiveObjects } from './live-objects.js';
import { metadataClient } from '../metadata/metadata-client.js';
import { describeIdentity } from './object-identity.js';
import type { ObjectIdentity } from './object-identity.js';
import { OwnerGraph } from './owner-graph.js';
import type { GraphChanges, GraphNode } from './owner-graph.js';
import { ResourceMonitors } from './resource-monitors.js';

const name = 'garbage-collector-controller';
/** Milliseconds from the end of the host's start to the first look at what the server serves. */
const startDelay = 50;

interface Running {
  readonly stop: AbortController;
  readonly finished: Promise<unknown>;
}

@Plugin({ name, contributes: [HealthCheck] })
export class GarbageCollector implements Lifecycle, HealthCheck {
  readonly name = name;
  /** How many nodes are looked at at once, for each of collecting and orphaning. kube-controller-manager's number. */
  protected readonly workers: number = 20;
  readonly #graph = new OwnerGraph();
  readonly #collect: WorkQueue;
  readonly #orphan: WorkQueue;
  #monitors: ResourceMonitors | undefined;
  #recorder: EventRecorder | undefined;
  #running: Running | undefined;

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clock) private readonly clock: Clock,
    @inject(Random) private readonly random: Random,
    @inject(Logger) private readonly logger: Logger,
    @inject(Metrics) private readonly metrics: Metrics,
    @inject(Host) private readonly host: Host,
    @inject(LeaderGate) @optional() private readonly gate?: LeaderGate,
  ) {
    this.#collect = new WorkQueue({ name: 'garbage_collector_attempt_to_delete', clock, metrics });
    this.#orphan = new WorkQueue({ name: 'garbage_collector_attempt_to_orphan', clock, metrics });
  }

  /** Resolves at once; objects are collected when all kinds are known. */
  start(): Promise<void> {
    const { clock, random, logger, metrics } = this;
    const stop = new AbortController();
    const { signal } = stop;
    const full = this.cluster.client({ name });
    const client = metadataClient({
      transport: full.transport,
      fieldManager: name,
      userAgent: `kubewright/${name}`,
      clock,
      logger,
      metrics,
    });
    const informers = new InformerFactory({ client, clock, random, logger, metrics });
    const monitors = new ResourceMonitors({
      client,
      informerOf: (kind) => this.#informerOf(kind, informers),
      onEvent: (kind, event) => this.#observe(kind, event),
      clock,
      logger,
    });
    const live = new LiveObjects(client, () => monitors.kinds, signal);
    const collector = new DependentCollector({
      graph: this.#graph,
      live,
      follow: (changes) => this.#follow(changes),
      look: (node) => this.#collect.add(node.identity.uid),
    });
    this.#recorder = new EventRecorder({ client: full, controller: name, clock, random, logger });
    this.#monitors = monitors;
    const work = (queue: WorkQueue, look: (node: GraphNode) => Promise<'done' | 'again'>): Promise<void> =>
      runWorkers(
        this.workers,
        () => queue.next(),
        (item) => this.#work(item, queue, look, signal),
      );
    const finished = Promise.all([
      this.#whenStarted(signal).then(
        () => monitors.run(signal),
        () => undefined,
      ),
      work(this.#collect, (node) => collector.collect(node)),
      work(this.#orphan, async (node) => {
        await collector.orphan(node);
        return 'done';
      }),
    ]);
    this.#running = { stop, finished };
    return Promise.resolve();
  }

  /**
   * What starts together with it goes first, and what the start was for: watching every kind takes a while, and there is nothing
   * to collect yet. Besides, the informers that others start are shared instead of doubled.
   */
  async #whenStarted(signal: AbortSignal): Promise<void> {
    await until(() => this.host.start(), signal);
    await this.clock.sleep(startDelay, signal);
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.stop.abort(new Error('the garbage collector stops'));
    await Promise.all([this.#collect.shutDown(), this.#orphan.shutDown(), running.finished, this.#recorder?.flush()]);
  }

  check(): Promise<HealthStatus> {
    const monitors = this.#monitors;
    if (monitors === undefined || !monitors.isDiscovered)
      return Promise.resolve({ ok: false, reason: 'the API server has not told what it serves yet' });
    const { unsynced } = monitors;
    return Promise.resolve(
      unsynced.length === 0 ? { ok: true } : { ok: false, reason: `not listed yet: ${unsynced.join(', ')}` },
    );
  }

  /**
   * The host's informer of a kind where it runs anyway, so that no second one holds the same objects; otherwise one that reads
   * their metadata alone.
   */
  #informerOf(kind: DiscoveredKind, metadata: InformerFactory): SharedInformer<KubeObject> {
    const { informers } = this.cluster;
    const runs = informers.informers.some(
      ({ kind: other, scope, status }) =>
        other.group === kind.group &&
        other.version === kind.version &&
        other.plural === kind.plural &&
        status.phase !== 'idle' &&
        Object.values(scope).every((part) => part === undefined),
    );
    return runs ? informers.informer(kind, {}) : metadata.informer(kind);
  }

  #observe(kind: DiscoveredKind, { type, object }: InformerEvent<KubeObject>): void {
    const { name: own = '', namespace, uid = '' } = object.metadata;
    // Metadata alone comes under a kind of its own: the kind that was watched is what references name.
    const identity: ObjectIdentity = {
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      name: own,
      namespace: kind.scope === 'Namespaced' ? namespace : undefined,
      uid,
    };
    this.#follow(type === 'deleted' ? this.#graph.remove(uid) : this.#graph.observe(identity, object.metadata));
  }

  #follow({ collect, orphan, misplaced }: GraphChanges): void {
    for (const node of collect) this.#collect.add(node.identity.uid);
    for (const node of orphan) this.#orphan.add(node.identity.uid);
    if (this.gate?.leads === false) return;
    for (const { dependent, reference } of misplaced) {
      const { apiVersion, kind, name: own, namespace, uid } = dependent.identity;
      const object: KubeObject = {
        apiVersion,
        kind,
        metadata: { name: own, uid, ...(namespace !== undefined && { namespace }) },
      };
      const note = `the owner ${reference.apiVersion} ${reference.kind} ${reference.name} (${reference.uid}) is not in namespace ${namespace ?? '(none)'}, so it does not keep this object`;
      this.#recorder?.record(object, {
        type: 'Warning',
        reason: 'OwnerRefInvalidNamespace',
        note,
        action: 'GarbageCollect',
      });
    }
  }

  /** Resolves to true when this copy leads, where copies elect a leader; to false when it stops before. */
  async #mayWork(signal: AbortSignal): Promise<boolean> {
    try {
      await this.gate?.lead(signal);
      return true;
    } catch {
      return false;
    }
  }

  async #work(
    taken: WorkItem<string>,
    queue: WorkQueue,
    look: (node: GraphNode) => Promise<'done' | 'again'>,
    signal: AbortSignal,
  ): Promise<void> {
    using item = taken;
    // A copy that does not lead has the graph, and leaves what is to be done to the one that does.
    if (this.#graph.get(item.key) !== undefined && !(await this.#mayWork(signal))) return;
    const node = this.#graph.get(item.key);
    if (node === undefined) return queue.forget(item.key);
    try {
      await this.#monitors?.whenSettled();
      if ((await look(node)) === 'again') queue.addRateLimited(item.key);
      else queue.forget(item.key);
    } catch (error) {
      if (signal.aborted) return;
      if (!isConflict(error))
        this.logger.warn('garbage was not collected; trying again', {
          object: describeIdentity(node.identity),
          error,
        });
      queue.addRateLimited(item.key);
    }
  }
}

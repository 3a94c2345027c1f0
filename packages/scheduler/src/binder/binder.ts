/**
 * The minimal binder: assigns Pods to nodes, evenly by their number. It knows node selectors, cordoned nodes, taints and the
 * number of Pods that a node takes; affinity, resources, spreading and preemption are the scheduler's, which replaces it.
 */
import { formatTime, isConflict, isNotFound, parseObjectKey } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { Node, Pod } from '@kubewright/api/core/v1';
import { Cluster, EventRecorder } from '@kubewright/controller';
import { Clock, Logger, Plugin, Random, inject } from '@kubewright/core';
import type { Lifecycle, StartContext } from '@kubewright/core';
import { runWorkers } from '@kubewright/core/async';
import { Client, WorkQueue } from '@kubewright/informer';
import type { HandlerRegistration, InformerEvent, WorkItem } from '@kubewright/informer';
import { SchedulerConnection } from '../connection/scheduler-connection.js';
import { chooseNode, isUnassigned } from './choose-node.js';
import type { Candidate } from './choose-node.js';

const nodeIndex = 'kubewright.io/assigned-node';
const workers = 8;

/** What runs between start and stop. */
interface Run {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly registrations: readonly HandlerRegistration[];
  readonly workers: Promise<void>;
}

/** Assigns Pods to nodes until a scheduler takes its place: `use(Scheduler, { replaces: 'binder' })`. */
@Plugin({ name: 'binder' })
export class Binder implements Lifecycle {
  readonly #queue: WorkQueue;
  /** Pods for which no node was found; a change of the nodes or of the room on them gives them another try. */
  readonly #unassignable = new Set<string>();
  /** Where Pods went that the cache does not show there yet, by key. */
  readonly #assumed = new Map<string, { readonly uid: string; readonly node: string }>();
  #run: Run | undefined;

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(SchedulerConnection) private readonly connection: SchedulerConnection,
    @inject(Clock) private readonly clock: Clock,
    @inject(Random) private readonly random: Random,
    @inject(Logger) private readonly logger: Logger,
  ) {
    this.#queue = new WorkQueue({ name: 'binder', clock, baseDelay: 50, maxDelay: 10_000 });
  }

  /** Resolves when Pods are assigned. */
  async start({ signal }: StartContext): Promise<void> {
    const { clock, random, logger } = this;
    const { transport } = await this.connection.open({ clock });
    const client = new Client({
      transport,
      clock,
      logger,
      fieldManager: 'kube-scheduler',
      userAgent: 'kubewright/binder',
    });
    const events = new EventRecorder({ client, controller: 'default-scheduler', clock, random, logger });
    const pods = this.cluster.informers.informer(Pod);
    pods.addIndex(nodeIndex, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
    const registrations = [
      pods.addHandler((event) => this.#observePod(event), { name: 'binder' }),
      this.cluster.informers.informer(Node).addHandler(() => this.#retryAll(), { name: 'binder' }),
    ];
    try {
      await Promise.all(registrations.map((registration) => registration.whenSynced(signal)));
    } catch (error) {
      // A start that is given up leaves nothing that goes on asking the server.
      for (const registration of registrations) registration.remove();
      await transport.close();
      throw error;
    }
    const running = runWorkers(
      workers,
      () => this.#queue.next(),
      (item) => this.#work(item, client, events, signal),
    );
    this.#run = { client, events, registrations, workers: running };
  }

  async stop(): Promise<void> {
    if (this.#run === undefined) return;
    const { client, events, registrations, workers: running } = this.#run;
    for (const registration of registrations) registration.remove();
    await this.#queue.shutDown();
    await running;
    await events.flush();
    await client.transport.close();
  }

  #observePod({ type, key, object }: InformerEvent<Pod>): void {
    const assumed = this.#assumed.get(key);
    if (assumed !== undefined && (type === 'deleted' || object.metadata.uid !== assumed.uid || object.spec?.nodeName))
      this.#assumed.delete(key);
    if (type !== 'deleted' && isUnassigned(object)) return this.#queue.add(key);
    this.#unassignable.delete(key);
    if (type === 'deleted') this.#retryAll();
  }

  #retryAll(): void {
    for (const key of this.#unassignable) this.#queue.add(key);
  }

  async #work(taken: WorkItem<string>, client: Client, events: EventRecorder, signal: AbortSignal): Promise<void> {
    using item = taken;
    try {
      await this.#assign(item.key, client, events, signal);
      this.#queue.forget(item.key);
    } catch (error) {
      this.#assumed.delete(item.key);
      // Somebody else assigned, changed or deleted it: its next event, if any, says how to go on.
      if (signal.aborted || isConflict(error) || isNotFound(error)) return;
      this.logger.warn('a pod could not be assigned to a node', { pod: item.key, error });
      this.#queue.addRateLimited(item.key);
    }
  }

  async #assign(key: string, client: Client, events: EventRecorder, signal: AbortSignal): Promise<void> {
    const pod = this.cluster.informers.informer(Pod).lister.get(key);
    if (pod === undefined || !isUnassigned(pod) || this.#assumed.get(key)?.uid === pod.metadata.uid) return;
    const choice = chooseNode(pod, this.#candidates());
    const podKey = parseObjectKey(key);
    const uid = pod.metadata.uid ?? '';
    if ('reason' in choice) {
      this.#unassignable.add(key);
      await this.#refuse(pod, choice.reason, client, events, signal);
      return;
    }
    this.#unassignable.delete(key);
    this.#assumed.set(key, { uid, node: choice.node });
    await client.pods.bind({ ...podKey, uid }, choice.node, { signal });
    const note = `Successfully assigned ${key} to ${choice.node}`;
    events.record(pod, { type: 'Normal', reason: 'Scheduled', action: 'Binding', note });
  }

  /** Says on the Pod why it waits; once, as long as the reason stays the same. */
  async #refuse(
    pod: DeepReadonly<Pod>,
    message: string,
    client: Client,
    events: EventRecorder,
    signal: AbortSignal,
  ): Promise<void> {
    const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (known?.status === 'False' && known.message === message) return;
    const { uid, name = '', namespace } = pod.metadata;
    const lastTransitionTime = known?.status === 'False' ? known.lastTransitionTime : undefined;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: lastTransitionTime ?? formatTime(this.clock.now()),
    };
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    await client.status(Pod).patch({ name, namespace }, { type: 'strategic', patch }, { signal });
    events.record(pod, { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', note: message });
  }

  #candidates(): Candidate[] {
    const { informers } = this.cluster;
    const assumed = [...this.#assumed.values()];
    return informers
      .informer(Node)
      .lister.list()
      .map((node) => {
        const { name = '' } = node.metadata;
        const running = informers.informer(Pod).lister.list({ index: { name: nodeIndex, value: name } });
        const active = running.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
        return { node, pods: active.length + assumed.filter((each) => each.node === name).length };
      });
  }
}

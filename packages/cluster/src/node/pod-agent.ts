import { isDeepStrictEqual } from 'node:util';
import { compareResourceVersion, isConflict, isNotFound, parseObjectKey } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { Pod } from '@kubewright/api/core/v1';
import type { PodStatus } from '@kubewright/api/core/v1';
import type { Clock, Logger } from '@kubewright/core';
import { runWorkers } from '@kubewright/core/async';
import { WorkQueue } from '@kubewright/informer';
import type { Client, HandlerRegistration, InformerEvent, SharedInformer, WorkItem } from '@kubewright/informer';
import { podStatus, stageOf } from '@kubewright/node';
import type { NodeIdentity } from './node-identity.js';
import { PodAddresses } from './pod-addresses.js';
import { behaviorOf } from './simulated-behavior.js';
import { nextStage } from './simulated-life.js';
import { simulatedNames } from './simulated-names.js';

export interface PodAgentOptions {
  readonly nodes: readonly { readonly identity: NodeIdentity; readonly client: Client }[];
  readonly pods: SharedInformer<Pod>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface NodeState {
  readonly identity: NodeIdentity;
  readonly client: Client;
  readonly addresses: PodAddresses;
}

/** What is known of a Pod beyond the cache, which may be behind. */
interface PodRecord {
  /** The newest state that a write answered. */
  readonly pod: DeepReadonly<Pod>;
  /** When its stage began, in milliseconds; its status has only whole seconds. */
  readonly since: number;
}

/** Status writes under way at once. */
const workers = 16;

/** Reports the Pods of simulated nodes as running, ended or gone, one write per stage. */
export class PodAgent {
  readonly #nodes: ReadonlyMap<string, NodeState>;
  readonly #pods: SharedInformer<Pod>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #queue: WorkQueue;
  readonly #records = new Map<string, PodRecord>();
  #registration: HandlerRegistration | undefined;
  #working: Promise<void> | undefined;

  constructor({ nodes, pods, clock, logger }: PodAgentOptions) {
    this.#nodes = new Map(
      nodes.map((node) => [node.identity.name, { ...node, addresses: new PodAddresses(node.identity.podCidr) }]),
    );
    this.#pods = pods;
    this.#clock = clock;
    this.#logger = logger;
    this.#queue = new WorkQueue({ name: 'simulated-pods', clock, baseDelay: 50, maxDelay: 10_000 });
  }

  async start(signal: AbortSignal): Promise<void> {
    const registration = this.#pods.addHandler((event) => this.#observe(event), { name: 'simulated-nodes' });
    this.#registration = registration;
    try {
      // The addresses that Pods have already must be known before any is given to another.
      await registration.whenSynced(signal);
    } catch (error) {
      registration.remove();
      throw error;
    }
    this.#working = runWorkers(
      workers,
      () => this.#queue.next(),
      (item) => this.#work(item, signal),
    );
  }

  async stop(): Promise<void> {
    this.#registration?.remove();
    await this.#queue.shutDown();
    await this.#working;
  }

  #observe({ type, key, object }: InformerEvent<Pod>): void {
    const node = this.#nodes.get(object.spec?.nodeName ?? '');
    if (node === undefined) return;
    const uid = object.metadata.uid ?? '';
    if (type === 'deleted') {
      node.addresses.release(uid);
      this.#records.delete(uid);
      return;
    }
    const known = object.status?.podIP;
    if (known !== undefined && object.spec?.hostNetwork !== true) node.addresses.take(uid, known);
    this.#queue.add(key);
  }

  async #work(taken: WorkItem<string>, signal: AbortSignal): Promise<void> {
    using item = taken;
    try {
      await this.#sync(item.key, signal);
      this.#queue.forget(item.key);
    } catch (error) {
      if (signal.aborted) return;
      if (!isConflict(error)) this.#logger.warn('a simulated pod could not be reported', { pod: item.key, error });
      this.#queue.addRateLimited(item.key);
    }
  }

  async #sync(key: string, signal: AbortSignal): Promise<void> {
    const cached = this.#pods.lister.get(key);
    const node = this.#nodes.get(cached?.spec?.nodeName ?? '');
    if (cached === undefined || node === undefined) return;
    const record = this.#records.get(cached.metadata.uid ?? '');
    const pod = record !== undefined && isNewer(record.pod, cached) ? record.pod : cached;
    if (pod.metadata.deletionTimestamp !== undefined) await this.#finish(pod, key, node, signal);
    else await this.#advance(pod, record?.since, key, node, signal);
  }

  /** A Pod's containers end as soon as they are told to, so nothing is waited for. */
  async #finish(pod: DeepReadonly<Pod>, key: string, { client }: NodeState, signal: AbortSignal): Promise<void> {
    // 0: this was done already, and somebody's finalizer keeps the Pod.
    if (pod.metadata.deletionGracePeriodSeconds === 0) return;
    const preconditions = { uid: pod.metadata.uid ?? '' };
    try {
      await client.delete(Pod, parseObjectKey(key), { gracePeriodSeconds: 0, preconditions, signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #advance(
    pod: DeepReadonly<Pod>,
    knownSince: number | undefined,
    key: string,
    node: NodeState,
    signal: AbortSignal,
  ): Promise<void> {
    const uid = pod.metadata.uid ?? '';
    const now = this.#clock.now();
    const current = stageOf(pod);
    const since = knownSince ?? current.since ?? now;
    const behavior = behaviorOf(pod.metadata.annotations);
    if (knownSince === undefined)
      for (const problem of behavior.problems)
        this.#logger.warn('a simulated pod is annotated wrongly', { pod: key, problem });
    const next = nextStage(current.stage, behavior, pod.spec?.restartPolicy);
    const isDue = next !== undefined && now >= since + next.after;
    const hostIp = node.identity.address;
    const podIp = pod.spec?.hostNetwork === true ? hostIp : node.addresses.take(uid, pod.status?.podIP);
    if (podIp === undefined) {
      this.#logger.warn('a simulated node has no address left for a pod', { pod: key, node: node.identity.name });
      return this.#queue.add(key, { after: 1_000 });
    }
    const stage = isDue ? next.stage : current.stage;
    const status = podStatus(pod, stage, { podIp, hostIp, names: simulatedNames(uid) }, now);
    const answer = isReported(pod, status) ? pod : await this.#report(key, uid, status, node.client, signal);
    const began = isDue ? now : since;
    this.#records.set(uid, { pod: answer, since: began });
    const following = isDue ? nextStage(stage, behavior, pod.spec?.restartPolicy) : next;
    if (following !== undefined) this.#queue.add(key, { after: Math.max(began + following.after - now, 0) });
  }

  /** The uid makes the patch fail for another Pod of the same name. */
  #report(key: string, uid: string, status: PodStatus, client: Client, signal: AbortSignal): Promise<Pod> {
    const patch = { metadata: { uid }, status };
    return client.status(Pod).patch(parseObjectKey(key), { type: 'strategic', patch }, { signal });
  }
}

function isNewer(left: DeepReadonly<Pod>, right: DeepReadonly<Pod>): boolean {
  const { resourceVersion: a = '', uid: leftUid } = left.metadata;
  const { resourceVersion: b = '', uid: rightUid } = right.metadata;
  return leftUid === rightUid && compareResourceVersion(a, b) > 0;
}

/** Whether the server has all of it. Conditions of others may stand between ours. */
function isReported({ status: known = {} }: DeepReadonly<Pod>, { conditions = [], ...fields }: PodStatus): boolean {
  const same = Object.entries(fields).every(([name, value]) =>
    isDeepStrictEqual(value, known[name as keyof typeof known]),
  );
  return same && conditions.every((condition) => known.conditions?.some((each) => includes(each, condition)));
}

function includes(known: object, wanted: object): boolean {
  const fields: Readonly<Record<string, unknown>> = { ...known };
  return Object.entries(wanted).every(([name, value]) => isDeepStrictEqual(fields[name], value));
}

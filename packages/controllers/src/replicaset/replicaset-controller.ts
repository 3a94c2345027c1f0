/**
 * Keeps as many pods of a template as a ReplicaSet asks for. What to do is planned in `replicaset-plan`, which pods go first
 * in `deletion-rank`, what the status says in `replicaset-status`; this file carries it out.
 */
import {
  LabelSelector,
  controllerReference,
  formatObjectKey,
  isNamespaceTerminating,
  objectKey,
} from '@kubewright/api';
import type { DeepReadonly, ObjectKey } from '@kubewright/api';
import { ReplicaSet } from '@kubewright/api/apps/v1';
import { Pod } from '@kubewright/api/core/v1';
import {
  Cluster,
  Controller,
  Expectations,
  Reconciler,
  Watches,
  claimChildren,
  controlledBy,
  requeueAfter,
  slowStart,
} from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, inject, messageOf } from '@kubewright/core';
import type { SharedInformer } from '@kubewright/informer';
import { mergeMap } from 'rxjs';
import type { Observable } from 'rxjs';
import type { ReadonlyPod } from '../pods/pod-state.js';
import { PodObserver } from './pod-observer.js';
import { planReplicas, podFromTemplate, untilNextAvailable } from './replicaset-plan.js';
import type { ReplicasPlan } from './replicaset-plan.js';
import { replicaSetStatus } from './replicaset-status.js';
import type { ReplicaFailure } from './replicaset-status.js';

type ReadonlyReplicaSet = DeepReadonly<ReplicaSet>;
type Context = ReconcileContext<ReplicaSet>;

/** How often, in milliseconds, a cache is looked at that lags behind longer than the framework waits for it. */
const catchUpPeriod = 1_000;

/** What came of making or removing pods. */
interface Attempt {
  readonly failure?: ReplicaFailure;
  /** The error behind the failure: the run is repeated for it. */
  readonly error?: unknown;
}

/**
 * The stock ReplicaSet controller. A subclass may override `plan` (how many pods, and which go), `newPod` (what a pod is
 * made of) and `status`; it inherits the injections.
 */
@Controller({ for: ReplicaSet, owns: [Pod], name: 'replicaset-controller', concurrency: 5, reconcileDeleting: true })
@Watches((controller: ReplicaSetController) => controller.podChanges$, (key: ObjectKey) => [key])
export class ReplicaSetController extends Reconciler<ReplicaSet> {
  /** Of pods, by the uid of the ReplicaSet. */
  readonly #expectations: Expectations;
  readonly #uids = new Map<string, string>();

  constructor(
    @inject(Cluster) protected readonly cluster: Cluster,
    @inject(Clock) protected readonly clock: Clock,
  ) {
    super();
    this.#expectations = new Expectations(clock);
  }

  override async reconcile(set: ReadonlyReplicaSet, ctx: Context): Promise<Outcome> {
    const isCaughtUp = this.#isCaughtUp(set);
    const pods = await this.#claim(set, ctx);
    const now = this.clock.now();
    const plan = isCaughtUp ? this.plan(set, pods, now) : ({ do: 'nothing' } as const);
    const { failure, error } = await this.#execute(plan, set, ctx);
    await ctx.status(this.status(set, pods, failure, now));
    if (error !== undefined) throw error;
    // The event that shows it may concern no pod of the set: then nothing else would bring it back here.
    const wait = isCaughtUp ? untilNextAvailable(set, pods, now) : catchUpPeriod;
    return wait === undefined ? undefined : requeueAfter(wait);
  }

  override forget(key: ObjectKey): void {
    const id = formatObjectKey(key);
    const uid = this.#uids.get(id);
    this.#uids.delete(id);
    if (uid !== undefined) this.#expectations.forget(uid);
  }

  /** ReplicaSets that a change of a pod concerns; as a side effect what was expected of pods is noted. */
  get podChanges$(): Observable<ObjectKey> {
    const { informers } = this.cluster;
    const observer = new PodObserver(this.#expectations, informers.informer(ReplicaSet).lister);
    return this.#pods.events$.pipe(mergeMap((event) => observer.concerned(event)));
  }

  /** Decides what to do about the pods of a ReplicaSet. Pure: no writes here. */
  protected plan(set: ReadonlyReplicaSet, pods: readonly ReadonlyPod[], now: number): ReplicasPlan {
    return planReplicas(set, pods, () => this.#relatedPods(set), now);
  }

  /** What a new pod of a ReplicaSet is made of. Its controller is set by itself. */
  protected newPod(set: ReadonlyReplicaSet): ReturnType<typeof podFromTemplate> {
    return podFromTemplate(set);
  }

  /** The status to write. Sent only where it differs. */
  protected status(
    set: ReadonlyReplicaSet,
    pods: readonly ReadonlyPod[],
    failure: ReplicaFailure | undefined,
    now: number,
  ): ReturnType<typeof replicaSetStatus> {
    return { conditions: [], ...replicaSetStatus(set, pods, failure, now) };
  }

  get #pods(): SharedInformer<Pod> {
    return this.cluster.informers.informer(Pod);
  }

  #claim(set: ReadonlyReplicaSet, ctx: Context): Promise<ReadonlyPod[]> {
    const selector = LabelSelector.from(set.spec?.selector);
    return claimChildren<ReplicaSet, Pod>({ owner: set, ownerKind: ReplicaSet, children: this.#pods, selector }, ctx);
  }

  #relatedPods(set: ReadonlyReplicaSet): ReadonlyPod[] {
    const owner = controllerReference(set);
    const sets = owner === undefined ? [set] : controlledBy(this.cluster.informers.informer(ReplicaSet), owner.uid);
    return sets.flatMap(({ metadata }) => controlledBy(this.#pods, metadata.uid));
  }

  #execute(plan: ReplicasPlan, set: ReadonlyReplicaSet, ctx: Context): Promise<Attempt> {
    if (plan.do === 'create') return this.#create(plan.count, set, ctx);
    return plan.do === 'delete' ? this.#delete(plan.pods, set, ctx) : Promise.resolve({});
  }

  async #create(count: number, set: ReadonlyReplicaSet, ctx: Context): Promise<Attempt> {
    const { uid = '' } = set.metadata;
    this.#expectations.expect(uid, { creations: count });
    const { attempted, error } = await slowStart(count, async () => {
      try {
        const pod = await ctx.create(Pod, this.newPod(set));
        this.#expectations.made(uid, pod.metadata.resourceVersion);
        ctx.event('Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      } catch (failed) {
        this.#expectations.creationObserved(uid);
        // All goes away with the namespace: nothing is missing then.
        if (!isNamespaceTerminating(failed))
          ctx.event('Warning', 'FailedCreate', `Error creating: ${messageOf(failed)}`);
        throw failed;
      }
    });
    this.#expectations.creationObserved(uid, count - attempted);
    if (error === undefined || isNamespaceTerminating(error)) return {};
    return { failure: { reason: 'FailedCreate', message: messageOf(error) }, error };
  }

  async #delete(pods: readonly ReadonlyPod[], set: ReadonlyReplicaSet, ctx: Context): Promise<Attempt> {
    const { uid = '' } = set.metadata;
    this.#expectations.expect(uid, { deletions: pods.map(({ metadata }) => metadata.uid ?? '') });
    const results = await Promise.allSettled(
      pods.map(async (pod) => {
        try {
          await ctx.delete(Pod, pod);
          ctx.event('Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
        } catch (failed) {
          this.#expectations.deletionObserved(uid, pod.metadata.uid ?? '');
          ctx.event('Warning', 'FailedDelete', `Error deleting: ${messageOf(failed)}`);
          throw failed;
        }
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return {};
    return { failure: { reason: 'FailedDelete', message: messageOf(failed.reason) }, error: failed.reason };
  }

  /** Whether the cache of pods shows what this controller did last about the ReplicaSet. */
  #isCaughtUp({ metadata }: ReadonlyReplicaSet): boolean {
    const { uid = '' } = metadata;
    const id = objectKey({ metadata });
    const before = this.#uids.get(id);
    if (before !== undefined && before !== uid) this.#expectations.forget(before);
    this.#uids.set(id, uid);
    return this.#expectations.satisfied(uid, this.#pods.resourceVersion);
  }
}

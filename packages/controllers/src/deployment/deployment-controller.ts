/**
 * Rolls a Deployment's template out over ReplicaSets. What to do is planned in `deployment-plan`, without a server; this file
 * gathers what the plan needs to know, and `deployment-executor` carries it out.
 */
import { LabelSelector, isConflict } from '@kubewright/api';
import type { ObjectKey } from '@kubewright/api';
import { Deployment, ReplicaSet } from '@kubewright/api/apps/v1';
import type { DeploymentStatus } from '@kubewright/api/apps/v1';
import { Pod } from '@kubewright/api/core/v1';
import {
  Cluster,
  Controller,
  Reconciler,
  TerminalError,
  Watches,
  claimChildren,
  controlledBy,
  requeueAfter,
} from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, inject, messageOf } from '@kubewright/core';
import { merge, mergeMap } from 'rxjs';
import type { Observable } from 'rxjs';
import { isPodFinished } from '../pods/pod-state.js';
import type { DeploymentAction } from './actions.js';
import type { ReadonlyDeployment, ReadonlyReplicaSet } from './annotations.js';
import { DeploymentExecutor } from './deployment-executor.js';
import { planDeployment, rolloutStep } from './deployment-plan.js';
import type { DeploymentSnapshot } from './deployment-plan.js';
import { adoptersOf, waitingForPod } from './related-objects.js';
import { sortReplicaSets } from './replica-sets.js';
import type { ReplicaSetsOfDeployment } from './replica-sets.js';

type Context = ReconcileContext<Deployment>;

/**
 * The stock Deployment controller. A subclass overrides `step` for a strategy of its own and inherits everything else, the
 * injections included:
 *
 * ```ts
 * class Canary extends DeploymentController {
 *   protected override step(snapshot: DeploymentSnapshot, sets: ReplicaSetsOfDeployment) {
 *     return isApproved(snapshot.deployment) ? super.step(snapshot, sets) : oneNewPod(snapshot, sets);
 *   }
 * }
 * host.use(Canary, { replaces: 'deployment-controller' });
 * ```
 */
@Controller({
  for: Deployment,
  owns: [ReplicaSet],
  // Which Pods concern a Deployment takes more than the Pod to tell, see `related$`.
  reads: [Pod],
  name: 'deployment-controller',
  concurrency: 5,
  reconcileDeleting: true,
})
@Watches((controller: DeploymentController) => controller.related$, (key: ObjectKey) => [key])
export class DeploymentController extends Reconciler<Deployment> {
  /** Failures in a row after which a Deployment is left alone until it changes. Default: kube-controller-manager's 15. */
  protected readonly maxRetries: number = 15;

  constructor(
    @inject(Cluster) protected readonly cluster: Cluster,
    @inject(Clock) protected readonly clock: Clock,
  ) {
    super();
  }

  override async reconcile(deployment: ReadonlyDeployment, ctx: Context): Promise<Outcome> {
    try {
      return await this.#reconcile(deployment, ctx);
    } catch (error) {
      if (isConflict(error) || ctx.retries < this.maxRetries) throw error;
      throw new TerminalError(`gave up after ${ctx.retries} retries: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Deployments that a change of a ReplicaSet or a pod concerns without owning it directly. */
  get related$(): Observable<ObjectKey> {
    const { informers } = this.cluster;
    const [deployments, sets, pods] = [
      informers.informer(Deployment),
      informers.informer(ReplicaSet),
      informers.informer(Pod),
    ];
    return merge(
      sets.events$.pipe(mergeMap((event) => adoptersOf(event, deployments.lister))),
      pods.events$.pipe(mergeMap((event) => waitingForPod(event, sets.lister, deployments.lister))),
    );
  }

  /** One step of a rollout between the new ReplicaSet and the old ones, by the Deployment's strategy. Pure: no writes here. */
  protected step(snapshot: DeploymentSnapshot, sets: ReplicaSetsOfDeployment): readonly DeploymentAction[] {
    return rolloutStep(snapshot, sets);
  }

  async #reconcile(deployment: ReadonlyDeployment, ctx: Context): Promise<Outcome> {
    const selector = LabelSelector.from(deployment.spec?.selector);
    if (selector.selectsEverything) return this.#refuseSelectingAll(deployment, ctx);
    const replicaSets = await this.#claim(deployment, selector, ctx);
    const snapshot = {
      deployment,
      replicaSets,
      oldPodsRun: this.#oldPodsRun(deployment, replicaSets),
      now: this.clock.now(),
    };
    const step = this.step.bind(this);
    const plan = planDeployment(snapshot, step);
    const statusOfFailure = (createError: string): DeploymentStatus | undefined =>
      planDeployment({ ...snapshot, createError }, step).actions.find((action) => action.do === 'updateStatus')?.status;
    await new DeploymentExecutor(deployment, ctx, statusOfFailure).execute(plan.actions);
    return plan.requeueAfter === undefined ? undefined : requeueAfter(plan.requeueAfter);
  }

  async #refuseSelectingAll({ status, metadata }: ReadonlyDeployment, ctx: Context): Promise<void> {
    ctx.event('Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
    if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) await ctx.status({});
  }

  #claim(deployment: ReadonlyDeployment, selector: LabelSelector, ctx: Context): Promise<ReadonlyReplicaSet[]> {
    const children = this.cluster.informers.informer(ReplicaSet);
    return claimChildren<Deployment, ReplicaSet>({ owner: deployment, ownerKind: Deployment, children, selector }, ctx);
  }

  #oldPodsRun(deployment: ReadonlyDeployment, replicaSets: readonly ReadonlyReplicaSet[]): boolean {
    if (deployment.spec?.strategy?.type !== 'Recreate') return false;
    const pods = this.cluster.informers.informer(Pod);
    const { old } = sortReplicaSets(deployment, replicaSets);
    return old.some(({ metadata }) => controlledBy(pods, metadata.uid).some((pod) => !isPodFinished(pod)));
  }
}

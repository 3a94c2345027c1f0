import type { Deployment, ReplicaSet } from '@kubewright/api/apps/v1';
import type { DeploymentPlan } from '../deployment/actions.js';
import { planDeployment, rolloutStep } from '../deployment/deployment-plan.js';
import { sortReplicaSets } from '../deployment/replica-sets.js';
import type { RolloutStep } from '../deployment/deployment-plan.js';

/**
 * A Deployment with its ReplicaSets, moved by plans, without a server: for testing a rollout step of one's own. Pods come up
 * and go down at once, or as the test says.
 */
export class SimulatedRollout {
  readonly replicaSets: ReplicaSet[] = [];
  #created = 0;
  now = Date.UTC(2026, 0, 1);
  lastPlan: DeploymentPlan = { actions: [] };

  /** @param rollout - the step under test. Default: the strategy that the Deployment names. */
  constructor(
    readonly deployment: Deployment,
    private readonly rollout: RolloutStep = rolloutStep,
  ) {}

  /** Plans once and carries the actions out. Returns what was done besides the status. */
  step(): string[] {
    this.now += 1000;
    const { deployment, replicaSets, now } = this;
    const oldPodsRun = sortReplicaSets(deployment, replicaSets).old.some((set) => (set.status?.replicas ?? 0) > 0);
    this.lastPlan = planDeployment({ deployment, replicaSets, oldPodsRun, now }, this.rollout);
    const done: string[] = [];
    for (const action of this.lastPlan.actions) {
      if (action.do !== 'updateStatus') done.push(action.do);
      this.#execute(action);
    }
    return done;
  }

  #execute(action: DeploymentPlan['actions'][number]): void {
    switch (action.do) {
      case 'createReplicaSet':
        this.#created++;
        this.replicaSets.push({
          ...action.replicaSet,
          metadata: {
            ...action.replicaSet.metadata,
            uid: `rs-${this.#created}`,
            generation: 1,
            creationTimestamp: new Date(this.now).toISOString(),
          },
          status: { replicas: 0, observedGeneration: 1 },
        });
        break;
      case 'scale': {
        const set = this.#find(action.replicaSet.metadata.uid);
        set.spec = { selector: {}, ...set.spec, replicas: action.replicas };
        set.metadata.annotations = { ...set.metadata.annotations, ...action.annotations };
        break;
      }
      case 'refresh': {
        const set = this.#find(action.replicaSet.metadata.uid);
        set.metadata.annotations = { ...action.annotations };
        set.spec = { selector: {}, ...set.spec, minReadySeconds: action.minReadySeconds };
        break;
      }
      case 'deleteReplicaSet':
        this.replicaSets.splice(this.replicaSets.indexOf(this.#find(action.replicaSet.metadata.uid)), 1);
        break;
      case 'setRevision':
        this.deployment.metadata.annotations = {
          ...this.deployment.metadata.annotations,
          'deployment.kubernetes.io/revision': String(action.revision),
        };
        break;
      case 'rollback':
        this.deployment.spec = { selector: {}, ...this.deployment.spec, template: action.template };
        this.deployment.metadata.annotations = { ...action.annotations };
        break;
      case 'dropRollback':
        delete this.deployment.metadata.annotations?.['deprecated.deployment.rollback.to'];
        break;
      case 'updateStatus':
        this.deployment.status = action.status;
        break;
    }
  }

  #find(uid: string | undefined): ReplicaSet {
    const set = this.replicaSets.find((candidate) => candidate.metadata.uid === uid);
    if (set === undefined) throw new Error(`the plan names a ReplicaSet that is gone: ${uid}`);
    return set;
  }

  /** Every ReplicaSet gets the pods it asks for; `ready` says how many of them serve. */
  settlePods(ready: (set: ReplicaSet, replicas: number) => number = (_set, replicas) => replicas): void {
    for (const set of this.replicaSets) {
      const replicas = set.spec?.replicas ?? 1;
      const serving = Math.min(replicas, ready(set, replicas));
      set.status = {
        replicas,
        readyReplicas: serving,
        availableReplicas: serving,
        observedGeneration: set.metadata.generation ?? 1,
      };
    }
  }

  /** Steps and settles until a plan asks for nothing more. */
  settle(): void {
    for (let round = 0; round < 200; round++) {
      const before = JSON.stringify([this.deployment.status, this.replicaSets.map((set) => set.status)]);
      const done = this.step();
      this.settlePods();
      if (
        done.length === 0 &&
        JSON.stringify([this.deployment.status, this.replicaSets.map((set) => set.status)]) === before
      )
        return;
    }
    throw new Error('the rollout does not come to rest');
  }

  get specReplicas(): number[] {
    return this.replicaSets.map((set) => set.spec?.replicas ?? 1);
  }

  get available(): number {
    return this.replicaSets.reduce((total, set) => total + (set.status?.availableReplicas ?? 0), 0);
  }
}

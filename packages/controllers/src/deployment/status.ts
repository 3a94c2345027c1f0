/** A Deployment's status: sums over its ReplicaSets, and whether the rollout gets on. */
import type { DeepReadonly } from '@kubewright/api';
import { formatTime } from '@kubewright/api';
import type { DeploymentCondition, DeploymentStatus } from '@kubewright/api/apps/v1';
import { conditionChanged } from '../conditions/conditions.js';
import type { ReadonlyDeployment, ReadonlyReplicaSet } from './annotations.js';
import { fencepostsOf, wantedReplicas } from './fenceposts.js';
import { sum } from './replica-sets.js';
import type { ReplicaSetsOfDeployment } from './replica-sets.js';

type ReadonlyCondition = DeepReadonly<DeploymentCondition>;

/** Upstream's way to say that no deadline is wanted. */
const noDeadline = 2 ** 31 - 1;
const defaultDeadlineSeconds = 600;

export interface StatusInput {
  readonly deployment: ReadonlyDeployment;
  readonly sets: ReplicaSetsOfDeployment;
  /** Set when the new ReplicaSet could not be created. */
  readonly createError?: string;
  /** Whether the rollout is followed: progress conditions change only then. */
  readonly rolling: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface StatusResult {
  readonly status: DeploymentStatus;
  /** Milliseconds until the progress deadline, where one runs. */
  readonly requeueAfter?: number;
}

export function deploymentStatus(input: StatusInput): StatusResult {
  const { deployment, sets, now } = input;
  const counts = replicaCounts(sets);
  const before = deployment.status?.conditions ?? [];
  const keep = before.filter(({ type }) => type !== 'Available' && type !== 'Progressing' && type !== 'ReplicaFailure');
  const progress = progressing(input, counts);
  const conditions = [
    availability(deployment, counts.availableReplicas, now),
    progress.condition,
    replicaFailure(input),
  ];
  return {
    status: {
      observedGeneration: deployment.metadata.generation ?? 0,
      ...counts,
      conditions: [
        ...keep.map((condition) => ({ ...condition })),
        ...conditions.filter((condition) => condition !== undefined),
      ],
      ...(deployment.status?.collisionCount !== undefined && { collisionCount: deployment.status.collisionCount }),
    },
    ...(progress.requeueAfter !== undefined && { requeueAfter: progress.requeueAfter }),
  };
}

interface Counts {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly unavailableReplicas: number;
  readonly terminatingReplicas: number;
}

function replicaCounts({ all, current }: ReplicaSetsOfDeployment): Counts {
  const replicas = sum(all, (set) => set.status?.replicas);
  const availableReplicas = sum(all, (set) => set.status?.availableReplicas);
  return {
    replicas,
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum(all, (set) => set.status?.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, sum(all, (set) => set.spec?.replicas ?? 1) - availableReplicas),
    terminatingReplicas: sum(all, (set) => set.status?.terminatingReplicas),
  };
}

/** Everything runs today's template at the wanted size, and this generation was acted upon. */
export function isComplete(
  deployment: ReadonlyDeployment,
  counts: Pick<Counts, 'updatedReplicas' | 'replicas' | 'availableReplicas'>,
  observedGeneration: number,
): boolean {
  const wanted = wantedReplicas(deployment);
  return (
    counts.updatedReplicas === wanted &&
    counts.replicas === wanted &&
    counts.availableReplicas === wanted &&
    observedGeneration >= (deployment.metadata.generation ?? 0)
  );
}

function find(deployment: ReadonlyDeployment, type: string): ReadonlyCondition | undefined {
  return deployment.status?.conditions?.find((condition) => condition.type === type);
}

/** `lastUpdateTime` moves with every new reason or message, the transition time only with the status. */
function condition(
  old: ReadonlyCondition | undefined,
  type: string,
  status: string,
  reason: string,
  message: string,
  now: number,
): DeploymentCondition {
  if (old?.status === status && old.reason === reason) return { ...old };
  return { ...conditionChanged(old, { type, status, reason, message }, now), lastUpdateTime: formatTime(now) };
}

function availability(deployment: ReadonlyDeployment, available: number, now: number): DeploymentCondition {
  const enough = available >= wantedReplicas(deployment) - fencepostsOf(deployment).unavailable;
  const old = find(deployment, 'Available');
  return enough
    ? condition(old, 'Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : condition(
        old,
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        now,
      );
}

/** Copied from the new ReplicaSet, or where it does not say, from an old one. */
function replicaFailure({ sets, now, deployment }: StatusInput): DeploymentCondition | undefined {
  for (const set of [...(sets.current ? [sets.current] : []), ...sets.old]) {
    const failure = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    if (failure)
      return condition(
        find(deployment, 'ReplicaFailure'),
        'ReplicaFailure',
        failure.status,
        failure.reason ?? '',
        failure.message ?? '',
        now,
      );
  }
  return undefined;
}

function progressing(
  input: StatusInput,
  counts: Counts,
): { readonly condition?: DeploymentCondition; readonly requeueAfter?: number } {
  const { deployment, sets, now, rolling } = input;
  const old = find(deployment, 'Progressing');
  const make = (status: string, reason: string, message: string): { condition: DeploymentCondition } => ({
    condition: condition(old, 'Progressing', status, reason, message, now),
  });
  const deadline = deployment.spec?.progressDeadlineSeconds ?? defaultDeadlineSeconds;
  if (input.createError !== undefined) return make('False', 'ReplicaSetCreateError', input.createError);
  if (deployment.spec?.paused) return make('Unknown', 'DeploymentPaused', 'Deployment is paused');
  if (deadline === noDeadline) return {};
  if (old?.reason === 'DeploymentPaused') return make('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  if (!rolling || (counts.replicas === counts.updatedReplicas && old?.reason === 'NewReplicaSetAvailable'))
    return old ? { condition: { ...old } } : {};

  const subject = describeSubject(deployment, sets.current);
  const observed = deployment.metadata.generation ?? 0;
  if (isComplete(deployment, counts, observed))
    return make('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`);
  if (hasProgressed(deployment, counts)) {
    const fresh = {
      ...condition(old, 'Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, now),
      lastUpdateTime: formatTime(now),
    };
    return { condition: fresh, requeueAfter: deadline * 1000 + 1000 };
  }
  if (old === undefined)
    return {
      ...make('True', sets.current ? 'FoundNewReplicaSet' : 'NewReplicaSetCreated', foundMessage(sets.current)),
      requeueAfter: deadline * 1000 + 1000,
    };
  const left = Date.parse(old.lastUpdateTime ?? formatTime(now)) + deadline * 1000 - now;
  if (old.reason === 'ProgressDeadlineExceeded') return { condition: { ...old } };
  if (left <= 0) return make('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`);
  return { condition: { ...old }, requeueAfter: left + 1000 };
}

function describeSubject(deployment: ReadonlyDeployment, current: ReadonlyReplicaSet | undefined): string {
  return current ? `ReplicaSet "${current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
}

function foundMessage(current: ReadonlyReplicaSet | undefined): string {
  return current ? `Found new replica set "${current.metadata.name}"` : 'Created new replica set';
}

/** More of the new, ready or available, or fewer of the old, than the last status said. */
function hasProgressed(deployment: ReadonlyDeployment, counts: Counts): boolean {
  const before = deployment.status ?? {};
  const oldBefore = (before.replicas ?? 0) - (before.updatedReplicas ?? 0);
  return (
    counts.updatedReplicas > (before.updatedReplicas ?? 0) ||
    counts.replicas - counts.updatedReplicas < oldBefore ||
    counts.readyReplicas > (before.readyReplicas ?? 0) ||
    counts.availableReplicas > (before.availableReplicas ?? 0)
  );
}

/** What a node reports about a Pod in a given stage. Reasons and messages are the kubelet's. */
import { formatTime } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { Pod, PodCondition, PodStatus } from '@kubewright/api/core/v1';
import { containerStatus, initContainerStatus, isSidecar } from '../container/container-status.js';
import type { RuntimeNames, StatusContext } from '../container/container-status.js';
import type { PodStage } from '../container/pod-stage.js';

/** Where a Pod runs. */
export interface PodPlace {
  readonly podIp: string;
  readonly hostIp: string;
  readonly names: RuntimeNames;
}

/**
 * The fields that a node owns of a Pod's status. Conditions that others set are not among them. Times of what has not
 * changed since the Pod's present status are kept.
 *
 * @param now - milliseconds since the epoch
 */
export function podStatus(pod: DeepReadonly<Pod>, stage: PodStage, place: PodPlace, now: number): PodStatus {
  const { spec, status } = pod;
  const at = formatTime(now);
  const initContainers = spec?.initContainers ?? [];
  const isInitialized = stage.name !== 'waiting' || initContainers.every(isSidecar);
  const context: StatusContext = { names: place.names, stage, isInitialized, at };
  const named = (statuses: DeepReadonly<PodStatus['containerStatuses']>, name: string) =>
    statuses?.find((each) => each.name === name);
  return {
    phase: phaseOf(stage),
    startTime: status?.startTime ?? at,
    hostIP: place.hostIp,
    hostIPs: [{ ip: place.hostIp }],
    ...(stage.name !== 'waiting' && { podIP: place.podIp, podIPs: [{ ip: place.podIp }] }),
    conditions: conditionsOf(pod, context),
    containerStatuses: (spec?.containers ?? []).map((container) =>
      containerStatus(container, named(status?.containerStatuses, container.name), context),
    ),
    ...(initContainers.length > 0 && {
      initContainerStatuses: initContainers.map((container) =>
        initContainerStatus(container, named(status?.initContainerStatuses, container.name), context),
      ),
    }),
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
  };
}

function phaseOf(stage: PodStage): string {
  switch (stage.name) {
    case 'waiting':
      return 'Pending';
    case 'running':
    case 'backing-off':
      return 'Running';
    case 'ended':
      return stage.exitCode === 0 ? 'Succeeded' : 'Failed';
    default:
      return stage satisfies never;
  }
}

interface Verdict {
  readonly status: boolean;
  readonly reason?: string;
  readonly message?: string;
}

function conditionsOf(pod: DeepReadonly<Pod>, { stage, isInitialized, at }: StatusContext): PodCondition[] {
  const containers = containersReady(pod, stage);
  const verdicts: readonly (readonly [type: string, verdict: Verdict])[] = [
    ['PodReadyToStartContainers', { status: stage.name === 'running' || stage.name === 'backing-off' }],
    ['Initialized', initialized(pod, stage, isInitialized)],
    ['Ready', ready(pod, containers)],
    ['ContainersReady', containers],
    ['PodScheduled', { status: true }],
  ];
  return verdicts.map(([type, { status, ...why }]) => {
    const text = status ? 'True' : 'False';
    const old = pod.status?.conditions?.find((condition) => condition.type === type);
    const since = old?.status === text ? old.lastTransitionTime : undefined;
    const { generation } = pod.metadata;
    return {
      type,
      status: text,
      ...why,
      lastTransitionTime: since ?? at,
      ...(generation !== undefined && { observedGeneration: generation }),
    };
  });
}

function initialized(pod: DeepReadonly<Pod>, stage: PodStage, isInitialized: boolean): Verdict {
  if (stage.name === 'ended' && stage.exitCode === 0) return { status: true, reason: 'PodCompleted' };
  if (isInitialized) return { status: true };
  const names = (pod.spec?.initContainers ?? []).filter((container) => !isSidecar(container)).map(({ name }) => name);
  return {
    status: false,
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names.join(' ')}]`,
  };
}

function containersReady(pod: DeepReadonly<Pod>, stage: PodStage): Verdict {
  if (stage.name === 'running') return { status: true };
  if (stage.name === 'ended') return { status: false, reason: stage.exitCode === 0 ? 'PodCompleted' : 'PodFailed' };
  const names = (pod.spec?.containers ?? []).map(({ name }) => name).join(' ');
  return { status: false, reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` };
}

function ready(pod: DeepReadonly<Pod>, containers: Verdict): Verdict {
  if (!containers.status) return containers;
  const missing = (pod.spec?.readinessGates ?? []).filter(
    ({ conditionType }) =>
      !pod.status?.conditions?.some(({ type, status }) => type === conditionType && status === 'True'),
  );
  if (missing.length === 0) return containers;
  const messages = missing.map(
    ({ conditionType }) =>
      `corresponding condition of pod readiness gate "${conditionType}" does not exist or is not True.`,
  );
  return { status: false, reason: 'ReadinessGatesNotReady', message: messages.join(' ') };
}

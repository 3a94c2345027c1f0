/**
 * Containers as a node agent sees them: their status, and when one that has ended is started again.
 *
 * This file: what a node reports about one container.
 */
import type { DeepReadonly } from '@kubewright/api';
import type { Container, ContainerState, ContainerStateTerminated, ContainerStatus } from '@kubewright/api/core/v1';
import type { PodStage } from './pod-stage.js';

type OldStatus = DeepReadonly<ContainerStatus> | undefined;
type ReadonlyContainer = DeepReadonly<Container>;

/** A sidecar runs beside the containers, though it is listed with those that run before them. */
export const isSidecar = (container: ReadonlyContainer): boolean => container.restartPolicy === 'Always';

/** How a runtime names what it made of one Pod, as `containerd://…`. Answers the same for the same arguments. */
export interface RuntimeNames {
  /** @param restarts - how often the container was started anew; each start is a container of its own. */
  container(name: string, restarts: number): string;
  /** @param image - as the container's spec has it. */
  image(image: string): string;
}

export interface StatusContext {
  readonly names: RuntimeNames;
  readonly stage: PodStage;
  /** Whether the containers that run before the others are done. */
  readonly isInitialized: boolean;
  /** Now, as the API writes it. */
  readonly at: string;
}

/** A container that runs for as long as the Pod does. Times of what was there before are kept. */
export function containerStatus(container: ReadonlyContainer, old: OldStatus, context: StatusContext): ContainerStatus {
  const { stage, names } = context;
  const restarts = stage.name === 'waiting' ? 0 : stage.restarts;
  const containerID = names.container(container.name, restarts);
  const lastState = lastStateOf(old, containerID, context);
  return {
    name: container.name,
    image: container.image ?? '',
    imageID: stage.name === 'waiting' ? '' : names.image(container.image ?? ''),
    ...(stage.name !== 'waiting' && { containerID }),
    ready: stage.name === 'running',
    started: stage.name === 'running',
    restartCount: restarts,
    state: stateOf(old, containerID, context),
    ...(lastState && { lastState }),
  };
}

/** A container that has to end before the others start: done, or not yet begun. */
export function initContainerStatus(
  container: ReadonlyContainer,
  old: OldStatus,
  context: StatusContext,
): ContainerStatus {
  if (isSidecar(container)) return containerStatus(container, old, context);
  const { isInitialized, names, at } = context;
  const containerID = names.container(container.name, 0);
  return {
    name: container.name,
    image: container.image ?? '',
    imageID: isInitialized ? names.image(container.image ?? '') : '',
    ...(isInitialized && { containerID }),
    ready: isInitialized,
    started: false,
    restartCount: 0,
    state: isInitialized
      ? { terminated: copyOf(old?.state?.terminated) ?? termination(0, containerID, at, at) }
      : { waiting: { reason: 'PodInitializing' } },
  };
}

function stateOf(old: OldStatus, containerID: string, { stage, isInitialized, at }: StatusContext): ContainerState {
  switch (stage.name) {
    case 'waiting':
      return { waiting: { reason: isInitialized ? 'ContainerCreating' : 'PodInitializing' } };
    case 'running':
      return { running: copyOf(old?.state?.running) ?? { startedAt: at } };
    case 'backing-off':
      return {
        waiting: { reason: 'CrashLoopBackOff', message: 'the container ended and will be started again' },
      };
    case 'ended': {
      const startedAt = old?.state?.running?.startedAt ?? at;
      return { terminated: copyOf(old?.state?.terminated) ?? termination(stage.exitCode, containerID, startedAt, at) };
    }
    default:
      return stage satisfies never;
  }
}

/** While a container backs off, and once it runs again, this tells how it ended. */
function lastStateOf(old: OldStatus, containerID: string, { stage, at }: StatusContext): ContainerState | undefined {
  if (stage.name === 'backing-off' && old?.state?.running)
    return { terminated: termination(stage.exitCode, containerID, old.state.running.startedAt ?? at, at) };
  return copyOf(old?.lastState);
}

function termination(
  exitCode: number,
  containerID: string,
  startedAt: string,
  finishedAt: string,
): ContainerStateTerminated {
  return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', containerID, startedAt, finishedAt };
}

function copyOf<T extends object>(value: DeepReadonly<T> | undefined): T | undefined {
  return value === undefined ? undefined : (structuredClone(value) as T);
}

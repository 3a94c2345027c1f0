/**
 * Pods as a node agent sees them: the stage of their life, and what is reported of it.
 *
 * This file: the life of a Pod in stages, and in which of them its status says it is.
 */
import { parseTime } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { Pod } from '@kubewright/api/core/v1';

/** All regular containers of a Pod are in the same stage. */
export type PodStage =
  | { readonly name: 'waiting' }
  | { readonly name: 'running'; readonly restarts: number }
  /** The containers ended and wait for their restart. */
  | { readonly name: 'backing-off'; readonly restarts: number; readonly exitCode: number }
  | { readonly name: 'ended'; readonly restarts: number; readonly exitCode: number };

export interface StageInTime {
  readonly stage: PodStage;
  /** When it began, in milliseconds since the epoch; undefined where the status does not say. */
  readonly since: number | undefined;
}

/** Reads a Pod's status. Its times have whole seconds, so who knows better does not need `since`. */
export function stageOf({ status }: DeepReadonly<Pod>): StageInTime {
  const container = status?.containerStatuses?.[0];
  const { state, lastState, restartCount: restarts = 0 } = container ?? {};
  const time = (text: string | undefined): number | undefined => (text === undefined ? undefined : parseTime(text));
  if (state?.running) return { stage: { name: 'running', restarts }, since: time(state.running.startedAt) };
  if (state?.terminated) {
    const { exitCode, finishedAt } = state.terminated;
    return { stage: { name: 'ended', restarts, exitCode }, since: time(finishedAt) };
  }
  if (lastState?.terminated) {
    const { exitCode, finishedAt } = lastState.terminated;
    return { stage: { name: 'backing-off', restarts, exitCode }, since: time(finishedAt) };
  }
  return { stage: { name: 'waiting' }, since: time(status?.startTime) };
}

/** The life of a simulated Pod, as pure functions: in which stage its status says it is, and when the next one is due. */
import { parseTime } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { Pod } from '@kubewright/api/core/v1';
import type { SimulatedBehavior } from './simulated-behavior.js';

/** All regular containers of a simulated Pod are in the same stage. */
export type Stage =
  | { readonly name: 'waiting' }
  | { readonly name: 'running'; readonly restarts: number }
  /** The containers ended and wait for their restart. */
  | { readonly name: 'backing-off'; readonly restarts: number; readonly exitCode: number }
  | { readonly name: 'ended'; readonly restarts: number; readonly exitCode: number };

export interface StageInTime {
  readonly stage: Stage;
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

export interface NextStage {
  readonly stage: Stage;
  /** Milliseconds after the present stage began. */
  readonly after: number;
}

/** The stage that follows by itself, or undefined where the Pod stays as it is. */
export function nextStage(
  stage: Stage,
  behavior: SimulatedBehavior,
  restartPolicy: string | undefined,
): NextStage | undefined {
  const { outcome, delay } = behavior;
  const ends = outcome === 'complete' || outcome === 'fail';
  switch (stage.name) {
    case 'waiting':
      if (outcome === 'pending') return undefined;
      return { stage: { name: 'running', restarts: 0 }, after: ends ? 0 : delay };
    case 'running': {
      if (!ends) return undefined;
      const exitCode = outcome === 'fail' ? 1 : 0;
      const restarts = stage.restarts;
      const again = restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
      return { stage: { name: again ? 'backing-off' : 'ended', restarts, exitCode }, after: delay };
    }
    case 'backing-off':
      return { stage: { name: 'running', restarts: stage.restarts + 1 }, after: backOff(stage.restarts) };
    case 'ended':
      return undefined;
    default:
      return stage satisfies never;
  }
}

/** The kubelet's: the first restart is immediate, the next waits 10 s, then twice as long each time, up to 5 minutes. */
function backOff(restarts: number): number {
  return restarts === 0 ? 0 : Math.min(10_000 * 2 ** (restarts - 1), 300_000);
}

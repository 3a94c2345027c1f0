/** When the next stage of a simulated Pod is due, and which it is. Pure. */
import { isRestarted, restartDelay } from '@kubewright/node';
import type { PodStage } from '@kubewright/node';
import type { SimulatedBehavior } from './simulated-behavior.js';

export interface NextStage {
  readonly stage: PodStage;
  /** Milliseconds after the present stage began. */
  readonly after: number;
}

/** The stage that follows by itself, or undefined where the Pod stays as it is. */
export function nextStage(
  stage: PodStage,
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
      const again = isRestarted(exitCode, restartPolicy);
      return { stage: { name: again ? 'backing-off' : 'ended', restarts, exitCode }, after: delay };
    }
    case 'backing-off':
      return { stage: { name: 'running', restarts: stage.restarts + 1 }, after: restartDelay(stage.restarts) };
    case 'ended':
      return undefined;
    default:
      return stage satisfies never;
  }
}

import { parseDuration } from '@kubewright/core';

/**
 * What the containers of a simulated Pod do. Annotations of the Pod choose it:
 *
 * | annotation                  | meaning                                                                        |
 * | --------------------------- | ------------------------------------------------------------------------------ |
 * | `simulated.kubewright.io/outcome` | `run` (default): they run until the Pod is deleted; `pending`: they are never started; `complete`: they end with 0; `fail`: they end with 1 |
 * | `simulated.kubewright.io/delay`   | how long until then, as `500ms` or `10s`: before they run, or until they end. Default: at once |
 *
 * Containers that ended start anew as the restart policy says, with the kubelet's back-off between.
 */
export interface SimulatedBehavior {
  readonly outcome: Outcome;
  /** Milliseconds. */
  readonly delay: number;
}

export type Outcome = 'run' | 'pending' | 'complete' | 'fail';

export const outcomeAnnotation = 'simulated.kubewright.io/outcome';
export const delayAnnotation = 'simulated.kubewright.io/delay';

const outcomes: readonly string[] = ['run', 'pending', 'complete', 'fail'] satisfies Outcome[];

/** Reads the annotations; what they say wrongly counts as not said, and is told in `problems`. */
export function behaviorOf(
  annotations: Readonly<Record<string, string>> = {},
): SimulatedBehavior & { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const outcome = annotations[outcomeAnnotation] ?? 'run';
  const known = outcomes.includes(outcome);
  if (!known) problems.push(`${outcomeAnnotation} is '${outcome}': use ${outcomes.join(', ')}`);
  let delay = 0;
  try {
    delay = parseDuration(annotations[delayAnnotation] ?? '0s');
  } catch {
    problems.push(`${delayAnnotation} is '${annotations[delayAnnotation]}': use a duration, as 500ms or 10s`);
  }
  return { outcome: known ? (outcome as Outcome) : 'run', delay, problems };
}

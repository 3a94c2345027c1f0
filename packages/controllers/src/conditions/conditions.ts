/** Conditions of stock kinds. */
import { formatTime } from '@kubewright/api';

interface ConditionLike {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** The new state of a condition: its transition time moves only when its status does. */
export function conditionChanged<C extends ConditionLike>(
  old: ConditionLike | undefined,
  next: C,
  now: number,
): C & { lastTransitionTime: string } {
  const unchanged = old?.status === next.status ? old.lastTransitionTime : undefined;
  return { ...next, lastTransitionTime: unchanged ?? formatTime(now) };
}

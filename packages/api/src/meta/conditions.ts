/**
 * What objects of all kinds have in common: keys, owners, finalizers, conditions, times. A function that changes an
 * object in place says so.
 *
 * This file: status conditions. All kinds share the shape of `metav1.Condition`, except that older ones leave out
 * fields of it.
 */
import { formatTime } from './time.js';

export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** The fields that conditions of every kind have. */
export interface ConditionLike {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  observedGeneration?: number;
}

/** A condition as somebody states it: the time of its transition is not theirs to say. */
export interface ConditionUpdate {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  /** Default: empty. */
  readonly message?: string;
  readonly observedGeneration?: number;
}

export function findCondition<C extends { readonly type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition is there and says `True`. */
export function isConditionTrue(
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined,
  type: string,
): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The conditions with one of them set; the array given stays as it is.
 * `lastTransitionTime` moves only when the status does, so writing the same status again changes nothing.
 *
 * @param now - milliseconds since the epoch, from a clock.
 */
export function setCondition<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  update: ConditionUpdate,
  now: number,
): C[];
export function setCondition(
  conditions: readonly ConditionLike[] = [],
  update: ConditionUpdate,
  now: number,
): ConditionLike[] {
  const old = findCondition(conditions, update.type);
  const generation = update.observedGeneration ?? old?.observedGeneration;
  const moved = old?.status !== update.status || old.lastTransitionTime === undefined;
  const next: ConditionLike = {
    ...old,
    type: update.type,
    status: update.status,
    reason: update.reason,
    message: update.message ?? '',
    lastTransitionTime: moved ? formatTime(now) : (old?.lastTransitionTime ?? formatTime(now)),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  if (old === undefined) return [...conditions, next];
  return conditions.map((condition) => (condition === old ? next : condition));
}

/** The conditions without one of them; the array given stays as it is. */
export function removeCondition<C extends { readonly type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C[] {
  return conditions?.filter((condition) => condition.type !== type) ?? [];
}

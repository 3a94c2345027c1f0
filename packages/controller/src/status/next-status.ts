import { formatTime, parseApiVersion } from '@kubewright/api';
import type { DeepReadonly, Json, KubeObject } from '@kubewright/api';
import type { Condition } from '@kubewright/api/meta/v1';
import { changedFields } from './changed-fields.js';
import type { ConditionInput } from './condition.js';

type Status = { readonly [field: string]: Json | undefined } & {
  readonly conditions?: readonly DeepReadonly<Condition>[];
};

/**
 * What to write to the status as a merge patch, or undefined where the object has it already. Conditions that are not named
 * stay; the transition time of one moves only when its status does.
 *
 * @param now - milliseconds since the epoch.
 * @param observedGeneration - of the state that the controller has seen, which may be older than `object`.
 */
export function nextStatus(
  object: DeepReadonly<KubeObject>,
  fields: object,
  conditions: readonly ConditionInput[],
  now: number,
  observedGeneration: number | undefined,
): Record<string, unknown> | undefined {
  const current: Status = (object as { readonly status?: Status }).status ?? {};
  const next: Record<string, unknown> = { ...fields, ...(observedGeneration !== undefined && { observedGeneration }) };
  if (conditions.length > 0)
    next['conditions'] = mergeConditions(
      (fields as Status).conditions ?? current.conditions ?? [],
      conditions,
      observedGeneration,
      now,
    );
  return changedFields(current, next, isGoType(object));
}

/** Whether a server has a Go type for a kind, which keeps no zeros. A custom resource's group has a dot in its name. */
function isGoType({ apiVersion }: DeepReadonly<KubeObject>): boolean {
  return !parseApiVersion(apiVersion).group.includes('.');
}

function mergeConditions(
  current: readonly DeepReadonly<Condition>[],
  inputs: readonly ConditionInput[],
  observedGeneration: number | undefined,
  now: number,
): Condition[] {
  const merged = current.map((existing) => ({ ...existing }));
  for (const input of inputs) {
    const index = merged.findIndex(({ type }) => type === input.type);
    const old = merged[index];
    const lastTransitionTime = old?.status === input.status ? old.lastTransitionTime : formatTime(now);
    const next = {
      ...old,
      ...input,
      lastTransitionTime,
      ...(observedGeneration !== undefined && { observedGeneration }),
    };
    if (index === -1) merged.push(next);
    else merged[index] = next;
  }
  return merged;
}

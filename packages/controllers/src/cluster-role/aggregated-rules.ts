import { LabelSelector } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { ClusterRole, PolicyRule } from '@kubewright/api/rbac/v1';
import { isDeepEqual } from '../templates/deep-equal.js';

type ReadonlyRole = DeepReadonly<ClusterRole>;

/** The rules of a role that aggregates others: those of every selected role, by name, each rule once. */
export function aggregatedRules(role: ReadonlyRole, roles: readonly ReadonlyRole[]): DeepReadonly<PolicyRule>[] {
  const rules: DeepReadonly<PolicyRule>[] = [];
  const selected = roles
    .filter(({ metadata }) => metadata.name !== role.metadata.name && isSelected(role, metadata.labels))
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  for (const { rules: own = [] } of selected)
    for (const rule of own ?? []) if (!rules.some((known) => isDeepEqual(known, rule))) rules.push(rule);
  return rules;
}

/** Whether a role with these labels is part of an aggregating one. */
export function isSelected(role: ReadonlyRole, labels: Readonly<Record<string, string>> | undefined): boolean {
  return (
    role.aggregationRule?.clusterRoleSelectors?.some((selector) => LabelSelector.from(selector).matches(labels)) ??
    false
  );
}

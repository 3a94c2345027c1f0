/** ClusterRoles whose rules are those of others, found by labels. */
import { LabelSelector } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { ClusterRole, PolicyRule } from '@kubewright/api/rbac/v1';

type ReadonlyRole = DeepReadonly<ClusterRole>;
type ReadonlyRule = DeepReadonly<PolicyRule>;

/** The rules of a role that aggregates others: those of every selected role, by name, each rule once. */
export function aggregatedRules(role: ReadonlyRole, roles: readonly ReadonlyRole[]): ReadonlyRule[] {
  const rules = new Map<string, ReadonlyRule>();
  const selected = roles
    .filter(({ metadata }) => metadata.name !== role.metadata.name && isSelected(role, metadata.labels))
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  for (const { rules: own } of selected)
    for (const rule of own ?? []) if (!rules.has(contentOf(rule))) rules.set(contentOf(rule), rule);
  return [...rules.values()];
}

/** Whether a role with these labels is part of an aggregating one. */
export function isSelected(role: ReadonlyRole, labels: Readonly<Record<string, string>> | undefined): boolean {
  return selectorsOf(role).some((selector) => selector.matches(labels));
}

/** Every change of a role is held against all that aggregate: the selectors of each are made once. */
const selectorsByRole = new WeakMap<ReadonlyRole, readonly LabelSelector[]>();

function selectorsOf(role: ReadonlyRole): readonly LabelSelector[] {
  const { aggregationRule } = role;
  if (aggregationRule === undefined) return [];
  const known = selectorsByRole.get(role);
  if (known !== undefined) return known;
  const selectors = (aggregationRule.clusterRoleSelectors ?? []).map((selector) => LabelSelector.from(selector));
  selectorsByRole.set(role, selectors);
  return selectors;
}

/** All that a rule says; an absent list and an empty one say the same. */
function contentOf({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: ReadonlyRule): string {
  return JSON.stringify([apiGroups, resources, resourceNames, nonResourceURLs, verbs].map((list) => list ?? []));
}

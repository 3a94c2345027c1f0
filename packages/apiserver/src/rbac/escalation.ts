/**
 * Privilege escalation: nobody writes a role, or binds one, that grants what they do not hold themselves. Rules are
 * broken into the smallest grants, and each must be covered by a rule the user has.
 */
import type { PolicyRule } from '@kubewright/api/rbac/v1';

/** Every combination of group, resource, verb and name a rule grants, as a rule of one each. */
function* breakDown(rule: PolicyRule): Generator<PolicyRule> {
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) yield { verbs: [verb], nonResourceURLs: [url] };
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const single = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if ((rule.resourceNames ?? []).length === 0) yield single;
        else for (const name of rule.resourceNames ?? []) yield { ...single, resourceNames: [name] };
      }
    }
  }
}

const holds = (have: readonly string[] | undefined, want: string): boolean =>
  (have ?? []).includes('*') || (have ?? []).includes(want);

function ruleCovers(have: PolicyRule, want: PolicyRule): boolean {
  if (!holds(have.verbs, want.verbs[0] ?? '')) return false;
  const url = want.nonResourceURLs?.[0];
  if (url !== undefined)
    return (have.nonResourceURLs ?? []).some(
      (own) => own === url || (own.endsWith('*') && url.startsWith(own.slice(0, -1))),
    );
  const resource = want.resources?.[0] ?? '';
  const subresource = resource.split('/')[1];
  const name = want.resourceNames?.[0];
  const ownNames = have.resourceNames ?? [];
  return (
    holds(have.apiGroups, want.apiGroups?.[0] ?? '') &&
    (holds(have.resources, resource) ||
      (subresource !== undefined && (have.resources ?? []).includes(`*/${subresource}`))) &&
    (ownNames.length === 0 || (name !== undefined && ownNames.includes(name)))
  );
}

/** The parts of `wanted` that `held` does not cover; empty where the user may grant it. */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap((rule) =>
    [...breakDown(rule)].filter((single) => !held.some((own) => ruleCovers(own, single))),
  );
}

/** A rule as upstream prints it in the error: `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}`. */
export function ruleText(rule: PolicyRule): string {
  const parts: string[] = [];
  const list = (label: string, values: readonly string[] | undefined): void => {
    if (values && values.length > 0) parts.push(`${label}:${JSON.stringify(values).replaceAll(',', ' ')}`);
  };
  list('NonResourceURLs', rule.nonResourceURLs);
  list('APIGroups', rule.apiGroups);
  list('Resources', rule.resources);
  list('ResourceNames', rule.resourceNames);
  list('Verbs', rule.verbs);
  return `{${parts.join(', ')}}`;
}

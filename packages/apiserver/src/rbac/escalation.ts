/**
 * Privilege escalation: nobody writes a role, or binds one, that grants what they do not hold themselves. A rule grants every
 * combination of its verbs, groups, resources and names, and each combination must be covered by one rule that the user has.
 * Combinations are far too many to try one by one; words that the same rules cover are alike and are tried once.
 */
import type { PolicyRule } from '@kubewright/api/rbac/v1';
import { covers, coversPath, coversResource } from './covers.js';

/** Words of one list that exactly the same held rules cover, by the rules' numbers. */
interface Alike {
  readonly words: string[];
  readonly by: readonly number[];
}

function group(words: readonly string[], held: readonly PolicyRule[], covered: Covered): Alike[] {
  const groups = new Map<string, Alike>();
  for (const word of new Set(words)) {
    const by = held.flatMap((rule, index) => (covered(rule, word) ? [index] : []));
    const known = groups.get(by.join());
    if (known === undefined) groups.set(by.join(), { words: [word], by });
    else known.words.push(word);
  }
  return [...groups.values()];
}

type Covered = (rule: PolicyRule, word: string) => boolean;
type List = 'verbs' | 'nonResourceURLs' | 'apiGroups' | 'resources' | 'resourceNames';

const namesNothing = ({ resourceNames = [] }: PolicyRule): boolean => resourceNames.length === 0;

const coveredIn: Readonly<Record<List, Covered>> = {
  verbs: ({ verbs }, verb) => covers(verbs, verb),
  nonResourceURLs: ({ nonResourceURLs }, url) => coversPath(nonResourceURLs, url),
  apiGroups: ({ apiGroups }, name) => covers(apiGroups, name),
  resources: ({ resources }, resource) => coversResource(resources, resource),
  resourceNames: (rule, name) => namesNothing(rule) || (rule.resourceNames ?? []).includes(name),
};

/** What `held` leaves of one rule, in the lists that belong together. */
function uncovered(held: readonly PolicyRule[], wanted: PolicyRule, lists: readonly List[]): PolicyRule[] {
  let parts: { readonly rule: PolicyRule; readonly by: readonly number[] }[] = [
    { rule: { verbs: [] }, by: [...held.keys()] },
  ];
  for (const list of lists) {
    const alike = group(wanted[list] ?? [], held, coveredIn[list]);
    parts = parts.flatMap(({ rule, by }) =>
      alike.map((each) => ({ rule: { ...rule, [list]: each.words }, by: by.filter((one) => each.by.includes(one)) })),
    );
  }
  return parts.filter(({ by }) => by.length === 0).map(({ rule }) => rule);
}

/** The parts of `wanted` that `held` does not cover; empty where the user may grant it. */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap((rule) => {
    const paths = uncovered(held, rule, ['nonResourceURLs', 'verbs']);
    // All names are more than any list of names.
    const resources = namesNothing(rule)
      ? uncovered(held.filter(namesNothing), rule, ['apiGroups', 'resources', 'verbs'])
      : uncovered(held, rule, ['apiGroups', 'resources', 'resourceNames', 'verbs']);
    return [...paths, ...resources];
  });
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

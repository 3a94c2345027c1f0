import { compareVersions } from '@kubewright/cni-sdk';
import type { Check } from '../check/check.js';
import { newestOf } from '../profile/profile.js';
import type { PluginKind, Profile } from '../profile/profile.js';
import { sanityErrors } from '../errors.js';

const kindNames: Readonly<Record<PluginKind, string>> = {
  interface: 'plugins with an interface of their own',
  chained: 'chained plugins',
  ipam: 'address managers',
  loopback: 'loopback plugins',
};

/** Why a check that needs root is not run. */
export const needsRoot = 'it needs root, to make network namespaces';

/** Why a check cannot be run on a plugin; undefined where it can. */
export function obstacle({ needs = {} }: Check, profile: Profile, root: boolean): string | undefined {
  const { kinds, since, version } = needs;
  if (kinds !== undefined && !kinds.includes(profile.kind)) {
    return `it is about ${kinds.map((kind) => kindNames[kind]).join(' and ')}`;
  }
  if (since !== undefined && compareVersions(newestOf(profile), since) < 0) {
    return `the plugin lists no version from ${since} on`;
  }
  if (version !== undefined && !profile.versions.includes(version)) return `the plugin does not list ${version}`;
  if (needs.ipam === true && !profile.ipam) return 'the plugin is configured without an address manager';
  if (needs.root === true && !root) return needsRoot;
  return undefined;
}

/** Whether a check says anything about a plugin, whoever runs it. */
export function applies(check: Check, profile: Profile): boolean {
  return obstacle(check, profile, true) === undefined;
}

/**
 * The checks that are asked for.
 *
 * @param only - ids, areas (`add`) or patterns with `*`. Empty: all.
 * @throws KW_SANITY_NO_CHECK where a pattern fits none.
 */
export function select(checks: readonly Check[], only: readonly string[], skip: readonly string[]): Check[] {
  const matches = (patterns: readonly string[], id: string): boolean =>
    patterns.some((pattern) => expression(pattern).test(id));
  const unknown = [...only, ...skip].filter((pattern) => !checks.some(({ id }) => expression(pattern).test(id)));
  if (unknown.length > 0) throw sanityErrors.NO_CHECK({ patterns: unknown });
  return checks.filter(({ id }) => (only.length === 0 || matches(only, id)) && !matches(skip, id));
}

/** An area stands for all of its checks. */
function expression(pattern: string): RegExp {
  const text = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*');
  return new RegExp(`^${text}${pattern.includes('.') || pattern.includes('*') ? '' : String.raw`(\..*)?`}$`);
}

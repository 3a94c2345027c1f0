/** Who depends on whom, worked out from what plugins say and inject. Pure: it reads registrations and returns findings. */
import type { Token } from '../di/token.js';
import { tokenName } from '../di/token.js';
import { coreErrors } from '../errors/core-errors.js';
import type { KubewrightError } from '../errors/define-errors.js';
import { contributedPoint } from '../plugin/contributions.js';
import { isExtensionPoint } from '../plugin/extension-point.js';
import type { ExtensionPoint } from '../plugin/extension-point.js';
import { didYouMean } from '../text/nearest.js';
import { satisfies } from '../version/satisfies.js';
import type { Registration } from './registration.js';

/** What a host has besides its plugins: its own services and everything of its parent. */
export interface Surroundings {
  has(token: Token<unknown>): boolean;
  /** How many contributions come from outside. */
  contributions(point: Token<unknown>): number;
  /** The version of a plugin of the parent, `''` where it states none, undefined where there is no such plugin. */
  plugin(name: string): string | undefined;
  consumes(point: Token<unknown>): boolean;
}

/** `from` needs `to`, because of `via`: a token or, for a requirement by name, nothing. */
export interface Dependency {
  readonly from: Registration;
  readonly to: Registration;
  readonly via?: string;
}

interface Need {
  readonly token: Token<unknown>;
  readonly place: string;
  readonly optional: boolean;
  readonly many: boolean;
}

/** @param overrides - what tests put in the place of providers and contributions, by token. */
export function findDependencies(
  registrations: readonly Registration[],
  around: Surroundings,
  overrides: ReadonlyMap<Token<unknown>, unknown>,
): { dependencies: Dependency[]; problems: KubewrightError[] } {
  const problems: KubewrightError[] = [];
  const dependencies: Dependency[] = [];
  const providers = new Map<Token<unknown>, Registration[]>();
  const contributors = new Map<Token<unknown>, Registration[]>();
  const byName = new Map<string, Registration>();
  for (const registration of registrations) {
    for (const name of registration.names) {
      if (byName.has(name)) problems.push(coreErrors.DUPLICATE_PLUGIN({ name }));
      else byName.set(name, registration);
    }
    for (const { token } of registration.provides) addTo(providers, token, registration);
    for (const { token } of registration.contributes) addTo(contributors, token, registration);
  }
  for (const [token, found] of providers) {
    const plugins = [...new Set(found.map(({ data }) => data.name))];
    if (plugins.length > 1) problems.push(coreErrors.DUPLICATE_PROVIDER({ token: tokenName(token), plugins }));
  }

  const depend = (from: Registration, targets: readonly Registration[], via?: string): void => {
    for (const to of new Set(targets))
      if (to !== from) dependencies.push({ from, to, ...(via === undefined ? {} : { via }) });
  };

  const requirePlugin = (from: Registration, requirement: string): void => {
    const at = requirement.lastIndexOf('@');
    const [name, range] = at > 0 ? [requirement.slice(0, at), requirement.slice(at + 1)] : [requirement, undefined];
    const found = byName.get(name);
    const version = found ? (found.data.version ?? '') : around.plugin(name);
    const plugin = from.data.name;
    if (version === undefined) {
      problems.push(
        coreErrors.UNKNOWN_DEPENDENCY({
          plugin,
          token: `plugin '${name}'`,
          place: 'requires',
          hint: didYouMean(name, byName.keys()),
        }),
      );
    } else if (range !== undefined && !satisfies(version, range)) {
      problems.push(
        coreErrors.WRONG_VERSION({
          plugin,
          requires: name,
          range,
          found: version === '' ? 'one without a version' : version,
        }),
      );
    }
    if (found) depend(from, [found]);
  };

  const requireExtension = (from: Registration, { token, place, optional, many }: Need): void => {
    const found = contributors.get(token) ?? [];
    const replaced = overrides.get(token);
    const count = Array.isArray(replaced) ? replaced.length : found.length + around.contributions(token);
    const context = { plugin: from.data.name, point: tokenName(token), place };
    if (count === 0 && !optional) problems.push(coreErrors.MISSING_EXTENSION(context));
    if (count > 1 && !many) problems.push(coreErrors.AMBIGUOUS_EXTENSION({ ...context, count }));
    depend(from, found, tokenName(token));
  };

  const requireToken = (from: Registration, { token, place, optional }: Need): void => {
    const found = providers.get(token);
    if (found === undefined && !overrides.has(token) && !around.has(token) && !optional) {
      const hint = didYouMean(tokenName(token), [...providers.keys()].map(tokenName));
      problems.push(coreErrors.UNKNOWN_DEPENDENCY({ plugin: from.data.name, token: tokenName(token), place, hint }));
    }
    depend(from, found ?? [], tokenName(token));
  };

  for (const registration of registrations) {
    const { data, injections, missing } = registration;
    for (const { className, index } of missing)
      problems.push(coreErrors.MISSING_INJECT({ plugin: data.name, className, index }));
    const needs = (data.requires ?? []).map((token): Need => ({
      token,
      place: 'requires',
      optional: false,
      many: true,
    }));
    for (const need of [...needs, ...injections]) {
      const point = contributedPoint(need.token);
      if (point !== undefined) requireExtension(registration, { ...need, token: point, optional: true, many: true });
      else if (typeof need.token === 'string') requirePlugin(registration, need.token);
      else if (isExtensionPoint(need.token)) requireExtension(registration, need);
      else requireToken(registration, need);
    }
    depend(
      registration,
      (data.consumes ?? []).flatMap((point) => contributors.get(point) ?? []),
      'consumes',
    );
  }
  problems.push(...unconsumed(registrations, around));
  return { dependencies, problems };
}

/** Extension points that a plugin insists on and that nobody reads. */
function unconsumed(registrations: readonly Registration[], around: Surroundings): KubewrightError[] {
  const consumed = new Set(registrations.flatMap(consumedBy));
  return registrations.flatMap(({ data }) =>
    (data.requiresConsumersOf ?? [])
      .filter((point) => !consumed.has(point) && !around.consumes(point))
      .map((point) => coreErrors.UNCONSUMED_EXTENSION({ plugin: data.name, point: tokenName(point) })),
  );
}

/** The extension points that a plugin reads. */
export function consumedBy(registration: Registration): Token<unknown>[] {
  return [...takenOnce(registration), ...followed(registration)];
}

/** Those of which it takes the contributions that there are when it is built or started. */
export function takenOnce({ data, injections }: Registration): Token<unknown>[] {
  return [...(data.consumes ?? []), ...injections.map(({ token }) => token).filter(isExtensionPoint)];
}

/** Those whose late contributions it sees, too. */
export function followed({ injections }: Registration): ExtensionPoint<unknown>[] {
  return injections.map(({ token }) => contributedPoint(token)).filter((point) => point !== undefined);
}

function addTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/**
 * Which of several hosts a plugin belongs to. Users name plugins without knowing of hosts: what a plugin contributes to says at
 * which level it lives, and what such a plugin needs has to be beside it. Pure.
 */
import type { Token } from '../di/token.js';
import { tokenName } from '../di/token.js';
import { coreErrors } from '../errors/core-errors.js';
import type { KubewrightError } from '../errors/define-errors.js';
import { isExtensionPoint } from '../plugin/extension-point.js';
import { levelOf } from '../plugin/level.js';
import type { Level } from '../plugin/level.js';
import type { Dependency } from './dependencies.js';
import type { Registration } from './registration.js';

/** A plugin that has no host yet. */
export interface Candidate {
  readonly registration: Registration;
  readonly replaces?: string;
}

/**
 * The candidates that belong to the host of these levels: those that contribute to a point of its levels, that replace one of
 * its plugins, that are a package's demand for its points alone, and whatever the host's plugins and these need of the others.
 *
 * @param own - the plugins that the host has already.
 * @param dependencies - of the host's plugins and the candidates.
 */
export function claimedBy(
  levels: readonly Level[],
  own: readonly Registration[],
  candidates: readonly Candidate[],
  dependencies: readonly Dependency[],
): ReadonlySet<Registration> {
  const here = new Set(own);
  const hosts = (point: Token<unknown>): boolean => isOf(point, levels);
  const follow = (registration: Registration): void => {
    if (here.has(registration)) return;
    here.add(registration);
    for (const { from, to } of dependencies) if (from === registration) follow(to);
  };
  for (const { from, to } of dependencies) if (own.includes(from)) follow(to);
  for (const { registration } of candidates) {
    const { contributes, data } = registration;
    const demands = data.requiresConsumersOf ?? [];
    if (contributes.some(({ token }) => hosts(token)) || (demands.length > 0 && demands.every(hosts)))
      follow(registration);
  }
  for (let size = -1; size !== here.size;) {
    size = here.size;
    for (const { registration, replaces } of candidates)
      if (replaces !== undefined && [...here].some(({ names }) => names.includes(replaces))) follow(registration);
  }
  return new Set(candidates.map(({ registration }) => registration).filter((each) => here.has(each)));
}

/** Contributions to points that live elsewhere: nobody would ever read them. */
export function misplaced(
  host: string,
  levels: readonly Level[],
  registrations: readonly Registration[],
): KubewrightError[] {
  return registrations.flatMap(({ data: { name }, contributes }) => {
    const points = contributes.map(({ token }) => token);
    const here = points.find((point) => isOf(point, levels));
    return points.flatMap((point) => {
      const level = isExtensionPoint(point) ? levelOf(point) : undefined;
      if (level === undefined || levels.some((each) => each.name === level.name)) return [];
      const context = { plugin: name, point: tokenName(point), level: level.name, host };
      return here === undefined
        ? [coreErrors.WRONG_LEVEL({ ...context, hosted: levels.map((each) => each.name) })]
        : [coreErrors.TWO_LEVELS({ ...context, here: tokenName(here) })];
    });
  });
}

function isOf(point: Token<unknown>, levels: readonly Level[]): boolean {
  const level = isExtensionPoint(point) ? levelOf(point) : undefined;
  return level !== undefined && levels.some(({ name }) => name === level.name);
}

/**
 * The plugins of one host, checked before anything starts. The registry only looks; building and starting them is the
 * host's part.
 */
import { isList } from '../json/unknown-value.js';
import type { Token } from '../di/token.js';
import { coreErrors } from '../errors/core-errors.js';
import type { KubewrightError } from '../errors/define-errors.js';
import type { Class } from '../di/injection.js';
import type { Level } from '../plugin/level.js';
import { pluginData } from '../plugin/plugin.js';
import type { PluginLike } from '../plugin/plugin.js';
import { didYouMean } from '../text/nearest.js';
import { findDependencies } from './dependencies.js';
import type { Dependency, Surroundings } from './dependencies.js';
import { findCycles, startWaves } from './order.js';
import { claimedBy, misplaced } from './placement.js';
import { register, replacing } from './registration.js';
import type { Registration } from './registration.js';

export interface UseOptions {
  /**
   * The name of a registered plugin whose place this one takes: its position in the order, its name in others' requirements
   * and, where this is a subclass, its class as a token. The other is neither built nor started.
   */
  readonly replaces?: string;
}

/** A plugin as it was handed to `use`. */
export interface PluginUse {
  readonly plugin: PluginLike;
  readonly options?: UseOptions | undefined;
}

/** Names a plugin: its name, or its class. */
export type PluginReference = string | Class;

export function nameOfPlugin(reference: PluginReference): string {
  return typeof reference === 'string' ? reference : (pluginData(reference)?.name ?? reference.name);
}

/** What the host goes by. */
export interface Resolution {
  readonly registrations: readonly Registration[];
  /** Plugins that are not run because another took their place. */
  readonly replaced: ReadonlyMap<Registration, Registration>;
  /** Plugins that the host is to do without. */
  readonly leftOut: readonly Registration[];
  /** Plugins that cannot run here, with the reason; known once the host has begun to start. */
  readonly skipped: ReadonlyMap<Registration, string>;
  readonly dependencies: readonly Dependency[];
  /** The order of the start; empty where there are problems. */
  readonly waves: readonly (readonly Registration[])[];
  readonly problems: readonly KubewrightError[];
}

interface Arranged {
  readonly registrations: Registration[];
  readonly replaced: Map<Registration, Registration>;
  readonly leftOut: Registration[];
  readonly problems: KubewrightError[];
}

interface Used {
  readonly registration: Registration;
  readonly replaces?: string;
}

export class Registry {
  readonly #host: string;
  /** Undefined: whatever its plugins contribute to is the host's. */
  readonly #levels: readonly Level[] | undefined;
  readonly #used: Used[] = [];
  readonly #without = new Set<string>();
  readonly #problems: KubewrightError[] = [];
  readonly overrides = new Map<Token<unknown>, unknown>();

  constructor(host: string, levels: readonly Level[] | undefined) {
    this.#host = host;
    this.#levels = levels;
  }

  use(plugin: PluginLike, options: UseOptions = {}): void {
    const { registrations, problems } = register(plugin);
    this.#problems.push(...problems);
    this.#used.push(...registrations.map((registration) => ({ registration, ...options })));
  }

  without(references: readonly PluginReference[]): void {
    for (const reference of references) this.#without.add(nameOfPlugin(reference));
  }

  has(reference: PluginReference): boolean {
    const name = nameOfPlugin(reference);
    return this.#used.some(({ registration }) => registration.names.includes(name));
  }

  /** Uses those plugins that belong here, and gives back the others, in order. */
  claim(uses: readonly PluginUse[], around: Surroundings): PluginUse[] {
    if (uses.length === 0) return [];
    const singles = uses.flatMap(({ plugin, options }) => flat(plugin).map((each) => ({ plugin: each, options })));
    const described = singles.map((use) => ({ use, registration: register(use.plugin).registrations[0] }));
    const candidates = described.flatMap(({ use, registration }) =>
      registration === undefined ? [] : [{ registration, ...use.options }],
    );
    const own = this.#arrange().registrations;
    const all = [...own, ...candidates.map(({ registration }) => registration)];
    const { dependencies } = findDependencies(all, around, this.overrides);
    const claimed = claimedBy(this.#levels ?? [], own, candidates, dependencies);
    const rest: PluginUse[] = [];
    for (const { use, registration } of described)
      if (registration !== undefined && claimed.has(registration)) this.use(use.plugin, use.options);
      else rest.push(use);
    return rest;
  }

  /** Everything that can be known before the start, all problems together. */
  resolve(around: Surroundings): Resolution {
    const { registrations, replaced, leftOut, problems: unknown } = this.#arrange();
    const { dependencies, problems } = findDependencies(registrations, around, this.overrides);
    const cycles = findCycles(registrations, dependencies);
    const wrongHost = this.#levels === undefined ? [] : misplaced(this.#host, this.#levels, registrations);
    const all = [...this.#problems, ...unknown, ...problems, ...cycles, ...wrongHost];
    return {
      registrations,
      replaced,
      leftOut,
      skipped: new Map(),
      dependencies,
      problems: all,
      waves: all.length > 0 ? [] : startWaves(registrations, dependencies),
    };
  }

  /** Registrations in order, with each replacement in the place of what it replaces, and without what is left out. */
  #arrange(): Arranged {
    const registrations = this.#used
      .filter(({ replaces }) => replaces === undefined)
      .map(({ registration }) => registration);
    const problems: KubewrightError[] = [];
    const replaced = new Map<Registration, Registration>();
    const hint = (name: string): string =>
      didYouMean(
        name,
        registrations.flatMap(({ names }) => names),
      );
    for (const { registration, replaces } of this.#used) {
      if (replaces === undefined) continue;
      const index = registrations.findIndex(({ names }) => names.includes(replaces));
      const before = registrations[index];
      if (before) {
        const by = replacing(before, registration);
        replaced.set(before, by);
        registrations[index] = by;
      } else
        problems.push(coreErrors.UNKNOWN_REPLACED({ plugin: registration.data.name, replaces, hint: hint(replaces) }));
    }
    const leftOut = registrations.filter(({ names }) => names.some((name) => this.#without.has(name)));
    for (const name of this.#without)
      if (!leftOut.some(({ names }) => names.includes(name)))
        problems.push(coreErrors.UNKNOWN_LEFT_OUT({ host: this.#host, name, hint: hint(name) }));
    return { registrations: registrations.filter((each) => !leftOut.includes(each)), replaced, leftOut, problems };
  }
}

function flat(plugin: PluginLike): PluginLike[] {
  return isList(plugin) ? plugin.flatMap(flat) : [plugin];
}

/**
 * The plugins of one host, checked before anything starts. The registry only looks; building and starting them is the
 * host's part.
 */
import type { Token } from '../di/token.js';
import { coreErrors } from '../errors/core-errors.js';
import type { KubewrightError } from '../errors/define-errors.js';
import type { PluginLike } from '../plugin/plugin.js';
import { didYouMean } from '../text/nearest.js';
import { findDependencies } from './dependencies.js';
import type { Dependency, Surroundings } from './dependencies.js';
import { findCycles, startWaves } from './order.js';
import { register, replacing } from './registration.js';
import type { Registration } from './registration.js';

export interface UseOptions {
  /**
   * The name of a registered plugin whose place this one takes: its position in the order, its name in others' requirements
   * and, where this is a subclass, its class as a token. The other is neither built nor started.
   */
  readonly replaces?: string;
}

/** What the host goes by. */
export interface Resolution {
  readonly registrations: readonly Registration[];
  readonly dependencies: readonly Dependency[];
  /** The order of the start; empty where there are problems. */
  readonly waves: readonly (readonly Registration[])[];
  readonly problems: readonly KubewrightError[];
}

export class Registry {
  readonly #used: { readonly registration: Registration; readonly replaces?: string }[] = [];
  readonly #problems: KubewrightError[] = [];
  readonly overrides = new Map<Token<unknown>, unknown>();

  use(plugin: PluginLike, options: UseOptions = {}): void {
    const { registrations, problems } = register(plugin);
    this.#problems.push(...problems);
    this.#used.push(...registrations.map((registration) => ({ registration, ...options })));
  }

  /** Everything that can be known before the start, all problems together. */
  resolve(around: Surroundings): Resolution {
    const { registrations, problems: unknown } = this.#replaced();
    const { dependencies, problems } = findDependencies(registrations, around, this.overrides);
    const cycles = findCycles(registrations, dependencies);
    const all = [...this.#problems, ...unknown, ...problems, ...cycles];
    return {
      registrations,
      dependencies,
      problems: all,
      waves: all.length > 0 ? [] : startWaves(registrations, dependencies),
    };
  }

  /** Registrations in order, with each replacement in the place of what it replaces. */
  #replaced(): { registrations: Registration[]; problems: KubewrightError[] } {
    const registrations = this.#used
      .filter(({ replaces }) => replaces === undefined)
      .map(({ registration }) => registration);
    const problems: KubewrightError[] = [];
    for (const { registration, replaces } of this.#used) {
      if (replaces === undefined) continue;
      const index = registrations.findIndex(({ names }) => names.includes(replaces));
      const replaced = registrations[index];
      if (replaced) registrations[index] = replacing(replaced, registration);
      else {
        const hint = didYouMean(
          replaces,
          registrations.flatMap(({ names }) => names),
        );
        problems.push(coreErrors.UNKNOWN_REPLACED({ plugin: registration.data.name, replaces, hint }));
      }
    }
    return { registrations, problems };
  }
}

import { CliCommand } from '../cli/command.js';
import type { Token } from '../di/token.js';
import { HealthCheck } from '../health/health-check.js';
import { consumedBy } from '../registry/dependencies.js';
import type { Surroundings } from '../registry/dependencies.js';
import type { Resolution } from '../registry/registry.js';

/** What a parent host offers to its children. */
export interface Parent {
  readonly resolution: Resolution;
  readonly overrides: ReadonlyMap<Token<unknown>, unknown>;
  readonly surroundings: Surroundings;
}

/** Extension points that the core itself declares; the host reads the one, the CLI the other, without a plugin. */
const builtIn = new Set<Token<unknown>>([HealthCheck, CliCommand]);

/** What a host's plugins find besides each other: the host's own services and all that the parent has. */
export function surroundingsOf(services: ReadonlySet<Token<unknown>>, parent?: Parent): Surroundings {
  const inherited = parent?.resolution.registrations ?? [];
  const tokens = new Set<Token<unknown>>([
    ...services,
    ...(parent?.overrides.keys() ?? []),
    ...inherited.flatMap(({ provides }) => provides.map(({ token }) => token)),
  ]);
  return {
    has: (token) => tokens.has(token) || (parent?.surroundings.has(token) ?? false),
    contributions: (point) => {
      const replaced = parent?.overrides.get(point);
      if (Array.isArray(replaced)) return replaced.length;
      const own = inherited.flatMap(({ contributes }) => contributes.filter(({ token }) => token === point)).length;
      return own + (parent?.surroundings.contributions(point) ?? 0);
    },
    plugin: (name) => {
      const found = inherited.find(({ names }) => names.includes(name));
      return found ? (found.data.version ?? '') : parent?.surroundings.plugin(name);
    },
    consumes: (point) =>
      builtIn.has(point) ||
      inherited.some((registration) => consumedBy(registration).includes(point)) ||
      (parent?.surroundings.consumes(point) ?? false),
  };
}

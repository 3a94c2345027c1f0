import type { Json } from './json.js';

/**
 * How deep a request's JSON may be nested. Kubernetes allows 10,000 levels; no real object comes near a tenth of that, and what walks an
 * object recursively must fit into the call stack.
 */
export const maximumDepth = 1_000;

/** Whether a value is nested deeper than `limit`. It does not recurse itself. */
export function exceedsDepth(value: Json, limit: number = maximumDepth): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    const next: Json[] = [];
    for (const each of level) {
      if (typeof each !== 'object' || each === null) continue;
      for (const child of Object.values<Json>(each)) if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
  return false;
}

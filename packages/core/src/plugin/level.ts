/**
 * Levels: where in a program an extension point lives, as in the API server or beside what works through it. A package that
 * consumes contributions declares the level, a host says which levels it hosts, and so every plugin finds its host by what it
 * contributes to. The core knows no level by name.
 */
export interface Level {
  readonly name: string;
}

/**
 * Declares a level.
 *
 * ```ts
 * export const serverLevel = level('@kubewright/apiserver/server');
 * export const Filter: ExtensionPoint<Filter> = extensionPoint('@scope/package/Filter', { level: serverLevel });
 * ```
 *
 * @param name - `@scope/package/name`, unique in the process: two copies of a package mean the same level by it.
 */
export function level(name: string): Level {
  return Object.freeze({ name });
}

/** Kept by the process and not by this module, so that two copies of the package know each other's points. */
const registryKey = Symbol.for('@kubewright/core/levels');
const holder = globalThis as { [registryKey]?: Map<symbol, Level> };
const levels = (holder[registryKey] ??= new Map());

/** The level that an extension point was declared with; undefined for one that may be anywhere, or that nobody declared yet. */
export function levelOf(point: symbol): Level | undefined {
  return levels.get(point);
}

/** Remembers a point's level; the one that was there before, where it is another. */
export function rememberLevel(point: symbol, of: Level): Level | undefined {
  const known = levels.get(point);
  if (known !== undefined && known.name !== of.name) return known;
  levels.set(point, of);
  return undefined;
}

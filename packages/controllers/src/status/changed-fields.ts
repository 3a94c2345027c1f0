import { isDeepEqual } from '../templates/deep-equal.js';

/**
 * The fields of a status that are to be written; undefined where it says the same already. A server keeps no zeros, empty
 * texts and empty lists apart from absent fields, so they count as equal here.
 */
export function changedFields<S extends object>(
  current: { readonly [K in keyof S]?: unknown } | undefined,
  next: S,
): Partial<S> | undefined {
  const changed: Partial<S> = {};
  const before: { readonly [K in keyof S]?: unknown } = current ?? {};
  for (const key of Object.keys(next) as (keyof S)[]) {
    if (!isDeepEqual(withoutZero(before[key]), withoutZero(next[key]))) changed[key] = next[key];
  }
  return Object.keys(changed).length === 0 ? undefined : changed;
}

function withoutZero(value: unknown): unknown {
  return value === 0 || value === '' || value === false ? undefined : value;
}

/**
 * Values whose type nobody promised, as `JSON.parse` and `catch` give them: questions that the compiler understands. What a value
 * should be is for its reader to say, in the reader's own words.
 */

/** An object with fields of any kind; neither null nor a list. */
export type UnknownRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is UnknownRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value where it is an object, and an empty one otherwise: then all its fields are undefined. */
export function recordOf(value: unknown): UnknownRecord {
  return isRecord(value) ? value : {};
}

/** A list whose items may be anything. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** Whether a value is one of those of a closed list. */
export function isOneOf<const T>(values: readonly T[], value: unknown): value is T {
  return values.some((known) => known === value);
}

/** The names of an object's own fields. Only for objects that are known to have no other fields than their type says. */
export function keysOf<T extends object>(object: T): (keyof T & string)[] {
  return Object.keys(object) as (keyof T & string)[];
}

/**
 * Reads JSON that this program wrote itself, or whose writer is trusted as much: the caller says what is in it, and nobody checks.
 * What comes from elsewhere is taken as `unknown` and asked.
 */
export function parseTrusted<T>(text: string): T {
  return JSON.parse(text) as T;
}

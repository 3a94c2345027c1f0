/**
 * Finds what `JSON.parse` hides: keys that occur twice in one object. A server answers them as `duplicate field "spec.replicas"`.
 */
import type { Json } from './json.js';

/**
 * The paths of keys that occur again in their object, in the order of the text; each once, and not more than a hundred.
 *
 * @param text - JSON that `JSON.parse` accepts; for other texts the answer means nothing.
 * @param parsed - what it parsed to, where the caller has it: then a text without duplicates, which is nearly every one,
 *   is only counted and not walked.
 */
export function findDuplicateKeys(text: string, parsed?: Json): string[] {
  if (parsed !== undefined && countKeys(parsed) === countKeysInText(text)) return [];
  return walk(text);
}

/** Without recursion: JSON may be nested deeper than the call stack. */
function countKeys(value: Json): number {
  let count = 0;
  const open: Json[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const list = Array.isArray(next);
    const children = Object.values<Json>(next);
    if (!list) count += children.length;
    for (const child of children) if (typeof child === 'object' && child !== null) open.push(child);
  }
  return count;
}

/** A text can repeat as many keys as it likes, a server answers the first hundred. */
const maximumReported = 100;

const backslash = 92;
const colon = 58;

function countKeysInText(text: string): number {
  let count = 0;
  for (let start = text.indexOf('"'); start >= 0;) {
    const end = stringEnd(text, start);
    if (end < 0) return count;
    if (text.charCodeAt(skipSpace(text, end + 1)) === colon) count++;
    start = text.indexOf('"', end + 1);
  }
  return count;
}

/** The index of the quote that closes the string opened at `start`, or -1. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return -1;
}

/** The index of the first character at or after `at` that is not white space. */
function skipSpace(text: string, at: number): number {
  let next = at;
  for (;;) {
    const code = text.charCodeAt(next);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return next;
    next++;
  }
}

interface Level {
  readonly path: string;
  /** How often each key was seen; undefined in an array. */
  readonly keys: Map<string, number> | undefined;
  /** Where the value that comes next is: of an object's last key, or of an array's next item. */
  child: string;
  index: number;
}

function walk(text: string): string[] {
  const duplicates: string[] = [];
  const levels: Level[] = [];
  let current: Level | undefined;
  const open = (keys: Map<string, number> | undefined): void => {
    const path = current?.child ?? '';
    current = { path, keys, child: keys === undefined ? `${path}[0]` : path, index: 0 };
    levels.push(current);
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{') open(new Map());
    else if (character === '[') open(undefined);
    else if (character === '}' || character === ']') {
      levels.pop();
      current = levels.at(-1);
    } else if (character === ',' && current !== undefined && current.keys === undefined) {
      current.child = `${current.path}[${++current.index}]`;
    } else if (character === '"') {
      const end = stringEnd(text, at);
      if (end < 0) break;
      if (current?.keys !== undefined && text.charCodeAt(skipSpace(text, end + 1)) === colon) {
        const key = decodeKey(text.slice(at, end + 1));
        current.child = current.path === '' ? key : `${current.path}.${key}`;
        const count = current.keys.get(key) ?? 0;
        if (count === 1) duplicates.push(current.child);
        if (duplicates.length === maximumReported) break;
        current.keys.set(key, count + 1);
      }
      at = end;
    }
  }
  return duplicates;
}

/** A key's text without quotes; two spellings of one key (`\u0061` and `a`) are the same. */
function decodeKey(quoted: string): string {
  return quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}

/**
 * Elements of a field path, in the text form of FieldsV1: `f:NAME` a field, `k:{…}` a list item by its keys, `v:VALUE` a
 * set's item, `i:N` an index. One value has one text here: keys sorted by name, JSON without spaces, and `<`, `>`, `&`,
 * U+2028 and U+2029 escaped as Go's encoder does, so that elements are equal exactly when their texts are.
 */
import type { Json } from '@kubewright/api';
import { isArray, isObject } from '@kubewright/api/json';
import { parseJsonText } from '../object/parse-json.js';

export type PathElement = string;

export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

/** @param keys - the item's key fields; any order */
export function keyElement(keys: readonly (readonly [name: string, value: Json])[]): PathElement {
  const sorted = keys.length < 2 ? keys : keys.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `k:{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${encoded(value)}`).join(',')}}`;
}

export function valueElement(value: Json): PathElement {
  return `v:${encoded(value)}`;
}

/** Texts that need no escape; each of their characters sorts after the quote that ends them. */
const plain = /^[\w./-]*$/;

/** A key of one plain text, as most are: canonical as it stands. */
const plainKey = /^k:\{"\w+":"[\w./-]*"\}$/;

const escaped = /[<>&\u2028\u2029]/g;

function encoded(value: Json): string {
  if (typeof value === 'string' && plain.test(value)) return `"${value}"`;
  return JSON.stringify(value).replace(escaped, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * The canonical form of an element read from FieldsV1; undefined for a kind of element that is not known, which readers
 * leave out.
 *
 * @throws Error where the text is malformed.
 */
export function parseElement(text: string): PathElement | undefined {
  if (text[1] !== ':') throw new Error(`path element ${JSON.stringify(text)} has no type prefix`);
  switch (text[0]) {
    case 'f':
      return text;
    case 'k': {
      if (plainKey.test(text)) return text;
      const keys = parseJsonText(text.slice(2));
      if (!isObject(keys)) throw new Error(`path element ${JSON.stringify(text)} holds no object`);
      return keyElement(Object.entries(keys));
    }
    case 'v':
      return valueElement(parseJsonText(text.slice(2)));
    case 'i':
      if (!/^i:-?\d+$/.test(text)) throw new Error(`path element ${JSON.stringify(text)} holds no index`);
      return `i:${Number(text.slice(2))}`;
    default:
      return undefined;
  }
}

/** The field's name, where the element is a field. */
export function fieldName(element: PathElement): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined;
}

export function isKey(element: PathElement): boolean {
  return element.startsWith('k:');
}

const order = 'fkvi';

/** The order in which FieldsV1 lists elements: fields, keys, values, indices; each by its content. */
export function compareElements(left: PathElement, right: PathElement): number {
  const kind = order.indexOf(left[0] ?? '') - order.indexOf(right[0] ?? '');
  if (kind !== 0) return kind;
  if (left === right) return 0;
  if (left.startsWith('f:') || (plainKey.test(left) && plainKey.test(right))) return left < right ? -1 : 1;
  const [a, b] = [left, right].map((element) => parseJsonText(element.slice(2)));
  return left.startsWith('k:') ? compareKeys(a, b) : compareValues(a, b);
}

function compareKeys(left: Json | undefined, right: Json | undefined): number {
  const a = isObject(left) ? Object.entries(left) : [];
  const b = isObject(right) ? Object.entries(right) : [];
  for (const [index, [name, value]] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (name !== other[0]) return name < other[0] ? -1 : 1;
    const byValue = compareValues(value, other[1]);
    if (byValue !== 0) return byValue;
  }
  return a.length - b.length;
}

/** Numbers, then strings, booleans, lists, maps, null. */
const rankOf = (value: Json | undefined): number => {
  if (typeof value === 'number') return 0;
  if (typeof value === 'string') return 1;
  if (typeof value === 'boolean') return 2;
  if (isArray(value)) return 3;
  return value === null || value === undefined ? 5 : 4;
};

function compareValues(left: Json | undefined, right: Json | undefined): number {
  const kind = rankOf(left) - rankOf(right);
  if (kind !== 0) return kind;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'boolean' || typeof right === 'boolean') return Number(left) - Number(right);
  const [a, b] =
    typeof left === 'string' && typeof right === 'string'
      ? [left, right]
      : [JSON.stringify(left), JSON.stringify(right)];
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

/** As conflicts name it: `.spec`, `[name="web"]`, `[="finalizer"]`, `[0]`. */
export function formatElement(element: PathElement): string {
  const content = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${content}`;
    case 'k': {
      const keys = parseJsonText(content);
      return `[${Object.entries(isObject(keys) ? keys : {})
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}]`;
    }
    case 'v':
      return `[=${JSON.stringify(JSON.parse(content))}]`;
    default:
      return `[${content}]`;
  }
}

/** As `.spec.template.spec.containers[name="web"].image`. */
export function formatPath(path: readonly PathElement[]): string {
  return path.map(formatElement).join('');
}

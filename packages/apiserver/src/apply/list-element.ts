import type { Json } from '@kubewright/api';
import { isArray, isObject, own } from '@kubewright/api/json';
import type { ListType } from './field-type.js';
import { keyElement, valueElement } from './path-element.js';
import type { PathElement } from './path-element.js';

/**
 * The path element of an item of an associative list: its keys, with their defaults where the item omits them, or its
 * value where the list is a set.
 *
 * @returns undefined where the item cannot be identified; `unidentified` says why.
 */
export function elementOf(list: ListType, item: Json): PathElement | undefined {
  if (list.keys.length === 0) return typeof item === 'object' ? undefined : valueElement(item);
  if (!isObject(item)) return undefined;
  const keys: [string, Json][] = [];
  for (const key of list.keys) {
    const value = own(item, key) ?? list.keyDefault(key);
    if (value !== undefined) keys.push([key, value]);
  }
  return keys.length === 0 ? undefined : keyElement(keys);
}

/** Why an item has no path element. */
export function unidentified(list: ListType, item: Json): string {
  if (list.keys.length > 0) {
    if (item === null) return 'associative list with keys may not have a null element';
    if (!isObject(item)) return 'associative list with keys may not have non-map elements';
    return `associative list with keys has an element that omits all key fields ${JSON.stringify(list.keys)} (and doesn't have default values for any key fields)`;
  }
  if (item === null) return "associative list without keys has an element that's an explicit null";
  return isArray(item)
    ? 'not supported: associative list with lists as elements'
    : "associative list without keys has an element that's a map type";
}

/** A list's items by path element, in order; an element that occurs twice holds all its items. */
type IndexedItems = ReadonlyMap<PathElement, readonly Json[]>;

/** Undefined where an item cannot be identified: such a list is compared and owned as a whole. */
export function indexItems(list: ListType, items: readonly Json[]): IndexedItems | undefined {
  const index = new Map<PathElement, Json[]>();
  for (const item of items) {
    const element = elementOf(list, item);
    if (element === undefined) return undefined;
    const twins = index.get(element);
    if (twins === undefined) index.set(element, [item]);
    else twins.push(item);
  }
  return index;
}

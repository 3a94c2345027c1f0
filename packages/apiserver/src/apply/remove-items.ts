import type { Json } from '@kubewright/api';
import { isArray, isObject, setOwn } from '@kubewright/api/json';
import type { FieldSet } from './field-set.js';
import { typeOfField } from './field-type.js';
import type { FieldType } from './field-type.js';
import { elementOf } from './list-element.js';
import { fieldElement } from './path-element.js';

/** What becomes of a field whose value lost everything in it: it stays as null, or it goes too. */
type Emptied = 'null' | 'omit';

/**
 * The value without the fields and items whose paths are members of `doomed`. An atomic list or map goes as a whole where
 * something in it is doomed. Shares parts with `value`, which does not change.
 */
export function removeItems(type: FieldType, value: Json, doomed: FieldSet, emptied: Emptied): Json {
  if (doomed.isEmpty) return value;
  if (isArray(value)) {
    if (type.list === undefined || type.list.atomic) return null;
    const items: Json[] = [];
    for (const item of value) {
      const element = elementOf(type.list, item);
      const node = element === undefined ? undefined : doomed.node(element);
      if (node === undefined) items.push(item);
      else if (!node.member) items.push(removeItems(type.list.items, item, node.children, emptied));
    }
    return items.length === 0 ? null : items;
  }
  if (!isObject(value)) return value;
  if (type.map === undefined || type.map.atomic) return null;
  const fields: { [key: string]: Json } = {};
  for (const key of Object.keys(value)) {
    const field = value[key] ?? null;
    const node = doomed.node(fieldElement(key));
    if (node?.member === true) continue;
    const left = node === undefined ? field : removeItems(typeOfField(type.map, key), field, node.children, emptied);
    if (left !== null || field === null || emptied === 'null') setOwn(fields, key, left);
  }
  return Object.keys(fields).length === 0 ? null : fields;
}

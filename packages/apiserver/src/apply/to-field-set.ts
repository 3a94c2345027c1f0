import type { Json } from '@kubewright/api';
import { isArray, isObject } from '@kubewright/api/json';
import { FieldSetBuilder } from './field-set.js';
import type { FieldSet } from './field-set.js';
import { shapeOf, typeOfField } from './field-type.js';
import type { FieldType } from './field-type.js';
import { indexItems } from './list-element.js';
import { fieldElement } from './path-element.js';
import type { PathElement } from './path-element.js';

/**
 * The paths that whoever states this value owns: every leaf, every list item, every empty or null map, and every field
 * that is a key of a map rather than a declared field. An empty associative list owns nothing.
 */
export function toFieldSet(type: FieldType, value: Json): FieldSet {
  const builder = new FieldSetBuilder();
  collect(type, value, [], builder);
  return builder.build();
}

function collect(type: FieldType, value: Json, path: PathElement[], into: FieldSetBuilder): void {
  const shape = shapeOf(type, value);
  if (shape === 'map' && type.map !== undefined && isObject(value)) {
    for (const key of Object.keys(value)) {
      const item = value[key] ?? null;
      path.push(fieldElement(key));
      collect(typeOfField(type.map, key), item, path, into);
      if (isEmpty(item) || type.map.declared(key) === undefined) into.insert(path);
      path.pop();
    }
  } else if (shape === 'list' && type.list !== undefined && isArray(value)) {
    const index = indexItems(type.list, value);
    if (index === undefined) return into.insert(path);
    for (const [element, [item, ...twins]] of index) {
      path.push(element);
      if (item !== undefined && twins.length === 0) collect(type.list.items, item, path, into);
      into.insert(path);
      path.pop();
    }
  } else if (value !== null || type.scalar !== undefined) into.insert(path);
}

function isEmpty(value: Json): boolean {
  return value === null || (isObject(value) && Object.keys(value).length === 0);
}

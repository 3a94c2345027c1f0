/**
 * Types of fields as merging and ownership need them: a schema reduced to what can be a scalar, a list or a map, and how
 * lists and maps are divided among owners.
 */
import type { Json } from '@kubewright/api';
import { isArray, isObject } from '@kubewright/api/json';

export interface ListType {
  /** An atomic list has one owner; an associative one is owned item by item. */
  readonly atomic: boolean;
  /** The fields that identify an item; empty for a set of scalars. */
  readonly keys: readonly string[];
  readonly items: FieldType;
  /** What an item's key is where it is absent; undefined: nothing. */
  keyDefault(key: string): Json | undefined;
}

export interface MapType {
  /** An atomic map has one owner; otherwise it is owned field by field. */
  readonly atomic: boolean;
  /** The type of a field that the schema names. */
  declared(name: string): FieldType | undefined;
  /**
   * What the absence of a field equals where upstream's types have no absence: `{}` for structs, null or zero for required
   * fields. Undefined: it is truly absent. Only the built-in types have such fields; ownership depends on it, since who
   * fills such a field does not add it.
   */
  implicit(name: string): Json | undefined;
  /** The type of all other fields; undefined: there may be none. */
  readonly values: FieldType | undefined;
}

export type ScalarType = 'string' | 'numeric' | 'boolean' | 'untyped';

/** Several may be set: a value then decides by what it is. */
export interface FieldType {
  readonly scalar: ScalarType | undefined;
  readonly list: ListType | undefined;
  readonly map: MapType | undefined;
}

/** The type of a value without schema, and of everything in it: maps are divided, lists are not. */
export const deducedType: FieldType = {
  scalar: 'untyped',
  get list() {
    return deducedList;
  },
  get map() {
    return deducedMap;
  },
};

const deducedList: ListType = { atomic: true, keys: [], items: deducedType, keyDefault: () => undefined };
const deducedMap: MapType = {
  atomic: false,
  declared: () => undefined,
  implicit: () => undefined,
  values: deducedType,
};

/** The type of a map's field; fields that the schema does not know get the deduced type. */
export function typeOfField(map: MapType, name: string): FieldType {
  return map.declared(name) ?? map.values ?? deducedType;
}

export type Shape = 'map' | 'list' | 'leaf';

/**
 * Whether a value is divided among owners (as a map or as a list) or owned as a whole. A value that the type does not
 * allow counts as a whole. Null takes the shape that the type prefers: it stands for an empty map or list.
 */
export function shapeOf(type: FieldType, value: Json): Shape {
  if (isArray(value)) return type.list !== undefined && !type.list.atomic ? 'list' : 'leaf';
  if (isObject(value)) return type.map !== undefined && !type.map.atomic ? 'map' : 'leaf';
  return 'leaf';
}

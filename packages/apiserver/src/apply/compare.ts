import type { Json } from '@kubewright/api';
import { deepEqual, isArray, isObject, own } from '@kubewright/api/json';
import { FieldSetBuilder } from './field-set.js';
import type { FieldSet } from './field-set.js';
import { shapeOf, typeOfField } from './field-type.js';
import type { FieldType, ListType, MapType, Shape } from './field-type.js';
import { indexItems } from './list-element.js';
import { fieldElement } from './path-element.js';
import type { PathElement } from './path-element.js';

/** What changed from one value to another, by path. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two values of one type. Cheap where nothing changed; a part that is the same reference is not entered. */
export function compare(type: FieldType, left: Json, right: Json): Comparison {
  const walk = new ComparisonWalk();
  walk.compare(type, left, right);
  return { added: walk.added.build(), modified: walk.modified.build(), removed: walk.removed.build() };
}

class ComparisonWalk {
  readonly added = new FieldSetBuilder();
  readonly modified = new FieldSetBuilder();
  readonly removed = new FieldSetBuilder();
  readonly #path: PathElement[] = [];

  compare(type: FieldType, left: Json | undefined, right: Json | undefined): void {
    if (left === right) return;
    if (left === undefined) return this.#whole(type, right ?? null, this.added);
    if (right === undefined) return this.#whole(type, left, this.removed);
    const leftShape = shapeOf(type, left);
    const rightShape = shapeOf(type, right);
    // Null stands for an empty map or list beside one.
    const shape =
      left === null ? rightShape : right === null ? leftShape : leftShape === rightShape ? leftShape : undefined;
    if (shape === 'map' && type.map !== undefined) this.#maps(type.map, left, right);
    else if (shape === 'list' && type.list !== undefined) this.#lists(type.list, left, right);
    else if (shape === 'leaf') this.#leaf(left, right);
    else {
      this.modified.insert(this.#path);
      this.#content(type, leftShape, left, this.removed);
      this.#content(type, rightShape, right, this.added);
    }
  }

  #leaf(left: Json, right: Json): void {
    if (!deepEqual(left, right)) this.modified.insert(this.#path);
  }

  #maps(type: MapType, left: Json, right: Json): void {
    const a = isObject(left) ? left : {};
    const b = isObject(right) ? right : {};
    const keys = Object.keys(a);
    const otherKeys = Object.keys(b);
    if (keys.length === 0 && otherKeys.length === 0) return this.#leaf(left, right);
    for (const key of keys) this.#field(type, key, a[key], own(b, key));
    for (const key of otherKeys) if (!Object.hasOwn(a, key)) this.#field(type, key, undefined, b[key]);
  }

  #field(type: MapType, key: string, left: Json | undefined, right: Json | undefined): void {
    if (left === right) return;
    const present = left === undefined || right === undefined ? type.implicit(key) : undefined;
    this.#path.push(fieldElement(key));
    this.compare(typeOfField(type, key), left === undefined ? present : left, right === undefined ? present : right);
    this.#path.pop();
  }

  #lists(type: ListType, left: Json, right: Json): void {
    const a = isArray(left) ? left : [];
    const b = isArray(right) ? right : [];
    if (a.length === 0 && b.length === 0) return this.#leaf(left, right);
    if (a.length === b.length && a.every((item, i) => deepEqual(item, b[i]))) return;
    const before = indexItems(type, a);
    const after = indexItems(type, b);
    if (before === undefined || after === undefined) return this.#leaf(left, right);
    for (const [element, items] of before) this.#item(type, element, items, after.get(element) ?? []);
    for (const [element, items] of after) if (!before.has(element)) this.#item(type, element, [], items);
  }

  /** Items that share a path element are owned together, as one member without fields. */
  #item(type: ListType, element: PathElement, left: readonly Json[], right: readonly Json[]): void {
    this.#path.push(element);
    if (left.length <= 1 && right.length <= 1) this.compare(type.items, left[0], right[0]);
    else if (left.length >= 2 && right.length >= 2) {
      if (!deepEqual(left, right)) this.modified.insert(this.#path);
    } else if (left.length >= 2) {
      if (right[0] !== undefined) this.#whole(type.items, right[0], this.added);
      this.removed.insert(this.#path);
    } else {
      if (left[0] !== undefined) this.#whole(type.items, left[0], this.removed);
      this.added.insert(this.#path);
    }
    this.#path.pop();
  }

  /** Everything in a value that only one side has, and the value's own path. */
  #whole(type: FieldType, value: Json, into: FieldSetBuilder): void {
    this.#content(type, shapeOf(type, value), value, into);
    into.insert(this.#path);
  }

  #content(type: FieldType, shape: Shape, value: Json, into: FieldSetBuilder): void {
    if (shape === 'map' && type.map !== undefined && isObject(value)) {
      for (const key of Object.keys(value)) {
        this.#path.push(fieldElement(key));
        this.#whole(typeOfField(type.map, key), value[key] ?? null, into);
        this.#path.pop();
      }
    } else if (shape === 'list' && type.list !== undefined && isArray(value)) {
      for (const [element, items] of indexItems(type.list, value) ?? []) {
        this.#path.push(element);
        if (items.length === 1 && items[0] !== undefined) this.#whole(type.list.items, items[0], into);
        else into.insert(this.#path);
        this.#path.pop();
      }
    }
  }
}

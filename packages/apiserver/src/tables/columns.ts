/** The small vocabulary that printers are written in. */
import type { Json, JsonObject } from '@kubewright/api';
import { isObject, objectAt, textAt } from '../kinds/fields/fields.js';
import { age } from './duration.js';
import type { ColumnDefinition, Printer } from './table.js';

type Value = (object: JsonObject, now: number) => Json;

interface Column {
  readonly definition: ColumnDefinition;
  readonly value: Value;
}

interface ColumnOptions {
  readonly type?: ColumnDefinition['type'];
  readonly format?: string;
  readonly description?: string;
}

export function column(name: string, value: Value, options: ColumnOptions = {}): Column {
  const { type = 'string', format = '', description = '' } = options;
  return { definition: { name, type, format, description, priority: 0 }, value };
}

/** A column that only wide output shows. */
export function wide(name: string, value: Value, options: ColumnOptions = {}): Column {
  const made = column(name, value, options);
  return { ...made, definition: { ...made.definition, priority: 1 } };
}

export const nameColumn = column('Name', (object) => textAt(objectAt(object, 'metadata'), 'name'), {
  format: 'name',
  description: 'The name, unique among objects of the kind in one namespace.',
});

export const ageColumn = column('Age', (object, now) => age(objectAt(object, 'metadata')?.['creationTimestamp'], now), {
  description: 'The time since the object was created.',
});

export function printer(...columns: readonly Column[]): Printer {
  return {
    columns: columns.map(({ definition }) => definition),
    cells: (object, now) => columns.map(({ value }) => value(object, now)),
  };
}

/** The value at a path of keys. */
export function at(object: JsonObject, ...path: readonly string[]): Json | undefined {
  return objectAt(object, ...path.slice(0, -1))?.[path.at(-1) ?? ''];
}

/** A cell that shows the text at a path, or something else where it is empty. */
export function text(...path: readonly string[]): Value {
  return (object) => textAt(objectAt(object, ...path.slice(0, -1)), path.at(-1) ?? '');
}

export function textOr(fallback: string, ...path: readonly string[]): Value {
  const read = text(...path);
  return (object, now) => read(object, now) || fallback;
}

/** A cell that shows the number at a path; 0 where there is none. */
export function count(...path: readonly string[]): Value {
  return (object) => {
    const value = at(object, ...path);
    return typeof value === 'number' ? value : 0;
  };
}

/** A cell that shows how many entries the list or map at a path has. */
export function size(...path: readonly string[]): Value {
  return (object) => {
    const value = at(object, ...path);
    if (Array.isArray(value)) return value.length;
    return isObject(value) ? Object.keys(value).length : 0;
  };
}

export const integer: ColumnOptions = { type: 'integer' };

/** Labels as selectors show them: `a=b,c=d`, or `<none>`. */
export function labelText(labels: unknown): string {
  if (!isObject(labels) || Object.keys(labels).length === 0) return '<none>';
  return Object.keys(labels)
    .toSorted()
    .map((key) => `${key}=${textAt(labels, key)}`)
    .join(',');
}

/** A selector as text: `a=b,c in (d,e),!f`, or `<none>` where it is absent or empty. */
export function selectorText(selector: unknown): string {
  if (!isObject(selector)) return '<none>';
  const labels = objectAt(selector, 'matchLabels');
  const parts = labels ? Object.keys(labels).map((key) => ({ key, text: `${key}=${textAt(labels, key)}` })) : [];
  const expressions = Array.isArray(selector['matchExpressions']) ? selector['matchExpressions'].filter(isObject) : [];
  for (const expression of expressions) {
    const key = textAt(expression, 'key');
    const values = Array.isArray(expression['values']) ? expression['values'].map(String).toSorted().join(',') : '';
    switch (textAt(expression, 'operator')) {
      case 'In':
        parts.push({ key, text: `${key} in (${values})` });
        break;
      case 'NotIn':
        parts.push({ key, text: `${key} notin (${values})` });
        break;
      case 'Exists':
        parts.push({ key, text: key });
        break;
      default:
        parts.push({ key, text: `!${key}` });
    }
  }
  if (parts.length === 0) return '<none>';
  return parts
    .toSorted((left, right) => (left.key < right.key ? -1 : 1))
    .map((part) => part.text)
    .join(',');
}

/** Printers of custom resources, from the columns that their definition declares. */
import type { Json, JsonObject } from '@kubewright/api';
import { objectAt, textAt } from '../kinds/fields/fields.js';
import { nameColumn } from './columns.js';
import { age } from './duration.js';
import { JsonPath } from './json-path.js';
import { defaultPrinter } from './printers.js';
import type { ColumnDefinition, Printer } from './table.js';

/** `additionalPrinterColumns` of a CustomResourceDefinition's version. */
export interface CustomColumn {
  readonly name: string;
  readonly type: ColumnDefinition['type'];
  readonly jsonPath: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

/** The name, then the declared columns; without any, name and age. A column whose path cannot be read stays empty. */
export function customPrinter(columns: readonly CustomColumn[]): Printer {
  if (columns.length === 0) return defaultPrinter;
  const readers = columns.map(({ jsonPath, type }) => reader(jsonPath, type));
  const declared = columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  return {
    columns: [nameColumn.definition, ...declared],
    cells: (object, now) => [textAt(objectAt(object, 'metadata'), 'name'), ...readers.map((read) => read(object, now))],
  };
}

function reader(path: string, type: ColumnDefinition['type']): (object: JsonObject, now: number) => Json {
  const compiled = JsonPath.parse(path);
  return (object, now) => {
    const values = compiled?.find(object) ?? [];
    const [value] = values;
    if (value === undefined || value === null) return null;
    return cell(value, values, type, now);
  };
}

function cell(value: Json, values: readonly Json[], type: ColumnDefinition['type'], now: number): Json {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? age(value, now).replace('<unknown>', '<invalid>') : '<invalid>';
    default:
      return values.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(',');
  }
}

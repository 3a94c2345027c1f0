import type { Json, JsonObject } from '@kubewright/api';

/** One column as the API describes it. Columns of priority 0 are always shown, others only in wide output. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** `name` marks the column that identifies the object. */
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly Json[];
  readonly object?: Json;
}

/** `meta.k8s.io/v1` Table. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: Json;
  readonly columnDefinitions: readonly ColumnDefinition[];
  readonly rows: readonly TableRow[];
}

/** Turns objects of one kind into rows. */
export interface Printer {
  readonly columns: readonly ColumnDefinition[];
  /** @param now - milliseconds since the epoch, which ages are counted from. */
  cells(object: JsonObject, now: number): Json[];
}

/** How much of an object its row carries. `Metadata` is what clients get that do not ask. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  readonly includeObject: IncludeObject;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The list's metadata: `resourceVersion`, `continue` and the like. */
  readonly metadata?: Json;
  /** Whether column definitions are left out, as in all events of a watch but the first. */
  readonly omitColumns?: boolean;
}

export function tableFor(printer: Printer, objects: readonly JsonObject[], options: TableOptions): Table {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata ?? {},
    columnDefinitions: options.omitColumns === true ? [] : printer.columns,
    rows: objects.map((object) => rowOf(printer, object, options)),
  };
}

function rowOf(printer: Printer, object: JsonObject, { includeObject, now }: TableOptions): TableRow {
  const cells = printer.cells(object, now);
  if (includeObject === 'None') return { cells };
  if (includeObject === 'Object') return { cells, object };
  const metadata = object['metadata'] ?? {};
  return { cells, object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata } };
}

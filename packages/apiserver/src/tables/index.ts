/**
 * Server-side printing: objects as rows of a `Table`, with the columns that kubectl shows. Neighbours: `http` decides by
 * the Accept header whether a client wants rows; `crd` hands in the columns of custom resources. Nothing here reads time:
 * the caller says what now is.
 */
export { tableFor } from './table.js';
export type { ColumnDefinition, IncludeObject, Printer, Table, TableOptions, TableRow } from './table.js';
export { defaultPrinter, printerOf } from './printers.js';
export { customPrinter } from './custom-printer.js';
export type { CustomColumn } from './custom-printer.js';
export { JsonPath } from './json-path.js';
export { age, humanDuration } from './duration.js';

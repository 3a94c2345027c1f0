/**
 * Validation in the words of Kubernetes: the rules of names and labels, and how it is told what is wrong with a field.
 *
 * This file: what validation says about one field, in the words that Kubernetes answers with: the cause of a 422.
 * Nothing here decides whether a value is wrong.
 */

export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueNotFound'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTooFew'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

/** Where a value is wrong and why: one cause of a 422. */
export interface FieldError {
  /** As `spec.template.spec.containers[0].name`; `<nil>` where the error is about the whole object. */
  readonly field: string;
  readonly reason: FieldErrorReason;
  /** Without the field, as `Required value: name or generateName is required`. */
  readonly message: string;
}

/** Makes field errors. The value that is shown is quoted if it is a text, and JSON otherwise. */
export const fieldError = {
  required: (field: string, detail = ''): FieldError => make('FieldValueRequired', field, 'Required value', detail),
  forbidden: (field: string, detail = ''): FieldError => make('FieldValueForbidden', field, 'Forbidden', detail),
  invalid: (field: string, value: unknown, detail = ''): FieldError =>
    make('FieldValueInvalid', field, `Invalid value: ${shown(value)}`, detail),
  typeInvalid: (field: string, value: unknown, detail = ''): FieldError =>
    make('FieldValueTypeInvalid', field, `Invalid value: ${shown(value)}`, detail),
  /** `supported` is listed in the order given. */
  notSupported: (field: string, value: unknown, supported: readonly string[] = []): FieldError =>
    make(
      'FieldValueNotSupported',
      field,
      `Unsupported value: ${shown(value)}`,
      supported.length === 0 ? '' : `supported values: ${supported.map((each) => JSON.stringify(each)).join(', ')}`,
    ),
  duplicate: (field: string, value: unknown): FieldError =>
    make('FieldValueDuplicate', field, `Duplicate value: ${shown(value)}`),
  notFound: (field: string, value: unknown): FieldError =>
    make('FieldValueNotFound', field, `Not found: ${shown(value)}`),
  /** The value itself is not shown: it may be long. */
  tooLong: (field: string, maximum: number): FieldError =>
    make('FieldValueTooLong', field, 'Too long', `may not be more than ${maximum} ${maximum === 1 ? 'byte' : 'bytes'}`),
  tooMany: (field: string, actual: number, maximum: number): FieldError =>
    make(
      'FieldValueTooMany',
      field,
      `Too many: ${actual}`,
      `must have at most ${maximum} ${maximum === 1 ? 'item' : 'items'}`,
    ),
  internal: (field: string, detail: string): FieldError => make('InternalError', field, 'Internal error', detail),
};

/** `spec.replicas` of `spec` and `replicas`. */
export function childPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** `spec.containers[0]` of `spec.containers` and `0`; `metadata.labels[app]` of `metadata.labels` and `app`. */
export function indexPath(path: string, index: number | string): string {
  return `${path}[${index}]`;
}

function make(reason: FieldErrorReason, field: string, what: string, detail = ''): FieldError {
  return { field, reason, message: detail === '' ? what : `${what}: ${detail}` };
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

import type { Json } from '../json/json.js';
import { type FieldError, fieldError } from '../validation/field-error.js';
import { hasFormat } from './formats.js';
import { typeOf } from './json-value.js';
import { compilePattern } from './pattern.js';
import type { Schema } from './schema.js';

/** What is said of the whole object has no field; this is how Kubernetes writes that. */
export const wholeObject = '<nil>';

/** Whether a value is of a schema's type. A number without a fraction is an integer and a number. */
export function typeProblem(schema: Schema, value: Json, path: string): FieldError | undefined {
  const actual = typeOf(value);
  if (actual === 'null' && schema.nullable === true) return undefined;
  const allowed = isIntOrString(schema) ? ['integer', 'string'] : schema.type === undefined ? [] : [schema.type];
  if (allowed.length === 0 || allowed.includes(actual) || (actual === 'integer' && allowed.includes('number')))
    return undefined;
  const detail = `${path} in body must be of type ${allowed.join(',')}: ${JSON.stringify(actual)}`;
  return fieldError.typeInvalid(path, actual, detail);
}

export function isIntOrString(schema: Schema): boolean {
  return schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string';
}

export function validateNumber(schema: Schema, value: number, path: string): FieldError[] {
  const problems: FieldError[] = [];
  const say = (what: string) => problems.push(fieldError.invalid(path, value, `${path} in body should be ${what}`));
  const { multipleOf, minimum, maximum, format } = schema;
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) say(`a multiple of ${multipleOf}`);
  if (maximum !== undefined && (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    say(`less than ${schema.exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`);
  }
  if (minimum !== undefined && (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    say(`greater than ${schema.exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`);
  }
  if (schema.type === 'integer' && !fitsFormat(value, format)) {
    const detail = `Checked value must be of type integer with format ${format ?? 'int64'} in ${path}`;
    problems.push(fieldError.invalid(wholeObject, '', detail));
  }
  return problems;
}

function isMultiple(value: number, unit: number): boolean {
  if (Number.isInteger(value) && Number.isInteger(unit)) return value % unit === 0;
  return Math.abs(value / unit - Math.round(value / unit)) < 1e-9;
}

/** Whether an integer fits its format. 64 bits cannot be told exactly of a number, so only what is beyond them is refused. */
function fitsFormat(value: number, format: string | undefined): boolean {
  if (format === 'int32') return value >= -(2 ** 31) && value < 2 ** 31;
  return value >= -(2 ** 63) && value <= 2 ** 63;
}

/** How much matching the validation of one object may still take, in steps of patterns. */
export interface PatternBudget {
  left: number;
}

export function validateString(schema: Schema, value: string, path: string, budget: PatternBudget): FieldError[] {
  const problems: FieldError[] = [];
  const { minLength, maxLength, pattern, format } = schema;
  if (minLength !== undefined || maxLength !== undefined) {
    const length = codePoints(value);
    if (maxLength !== undefined && length > maxLength) problems.push(fieldError.tooLong(path, maxLength));
    if (minLength !== undefined && length < minLength) {
      problems.push(fieldError.invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
    }
  }
  if (pattern !== undefined && pattern !== '') {
    const compiled = compilePattern(pattern);
    if (!(compiled instanceof Error)) budget.left -= compiled.size * value.length;
    if (budget.left < 0) {
      problems.push(
        fieldError.forbidden(path, `the object holds too much text for its patterns, as ${pattern.slice(0, 100)}`),
      );
    } else if (compiled instanceof Error || !compiled.test(value)) {
      problems.push(fieldError.invalid(path, value, `${path} in body should match '${pattern}'`));
    }
  }
  if (format !== undefined && !hasFormat(format, value)) {
    problems.push(
      fieldError.typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`),
    );
  }
  return problems;
}

function codePoints(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0xd800 && code < 0xdc00 && at + 1 < text.length) at++;
    count++;
  }
  return count;
}

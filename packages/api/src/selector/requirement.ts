import { apiErrors } from '../errors.js';
import { type FieldError, fieldError, indexPath } from '../validation/field-error.js';
import { checkLabelValue, checkQualifiedName } from '../validation/names.js';

/** `=`, `==` and `in` match the same; they differ in how they are written. `gt` and `lt` compare integers. */
export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One term of a label selector. Made by `requirement`, which checks it; values are sorted and occur once. */
export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

/**
 * Checks and makes a requirement.
 *
 * @throws KW_API_LABEL_SELECTOR with everything wrong in `details.reason`.
 */
export function requirement(key: string, operator: SelectorOperator, values: readonly string[] = []): Requirement {
  const problems: FieldError[] = checkKey('key', key);
  const wrong = (detail: string) => problems.push(fieldError.invalid('values', values, detail));
  if (operator === 'in' || operator === 'notin') {
    if (values.length === 0) wrong("for 'in', 'notin' operators, values set can't be empty");
  } else if (operator === 'exists' || operator === '!') {
    if (values.length > 0) wrong('values set must be empty for exists and does not exist');
  } else if (operator === 'gt' || operator === 'lt') {
    if (values.length !== 1) wrong("for 'Gt', 'Lt' operators, exactly one value is required");
    for (const [index, value] of values.entries()) {
      if (toInteger(value) !== undefined) continue;
      problems.push(
        fieldError.invalid(indexPath('values', index), value, "for 'Gt', 'Lt' operators, the value must be an integer"),
      );
    }
  } else if (values.length !== 1) wrong('exact-match compatibility requires one single value');
  for (const [index, value] of values.entries()) {
    const found = checkLabelValue(value);
    if (found.length > 0)
      problems.push(fieldError.invalid(indexPath(indexPath('values', index), key), value, found.join('; ')));
  }
  if (problems.length > 0)
    throw apiErrors.LABEL_SELECTOR({ selector: `${key} ${operator}`, reason: aggregate(problems) });
  return { key, operator, values: [...new Set(values)].sort() };
}

/** What is wrong with a label's key, at a field. */
export function checkKey(field: string, key: string): FieldError[] {
  const found = checkQualifiedName(key);
  return found.length === 0 ? [] : [fieldError.invalid(field, key, found.join('; '))];
}

/** Several problems in one text: `[a, b]`, or one alone. */
export function aggregate(problems: readonly FieldError[]): string {
  const texts = [...new Set(problems.map(({ field, message }) => `${field}: ${message}`))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

/** Whether labels fulfil one term. */
export function fulfils({ key, operator, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'gt':
    case 'lt': {
      const [left, right] = [toInteger(value ?? ''), toInteger(values[0] ?? '')];
      if (left === undefined || right === undefined) return false;
      return operator === 'gt' ? left > right : left < right;
    }
    default:
      return operator satisfies never;
  }
}

/** A term as a selector's text has it. */
export function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
    case 'lt':
      return `${key}${operator === 'gt' ? '>' : '<'}${values[0] ?? ''}`;
    case '=':
    case '==':
    case '!=':
      return `${key}${operator}${values[0] ?? ''}`;
    default:
      return operator satisfies never;
  }
}

/** A 64-bit integer, or undefined where the text is none. */
function toInteger(text: string): bigint | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

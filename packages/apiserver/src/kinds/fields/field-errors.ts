/** Collects what is wrong with an object, in the words of the API: clients and tests match on these texts. */
import type { Json, MutableJson } from '@kubewright/api';
import type { FieldError } from '../../strategy.js';

type Value = Json | MutableJson | undefined;

/** A value as an error shows it: strings quoted, the rest as JSON. */
function shown(value: Value): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

function body(type: string, value: Value | typeof noValue, detail: string): string {
  const text = value === noValue ? type : `${type}: ${shown(value)}`;
  return detail === '' ? text : `${text}: ${detail}`;
}

const noValue = Symbol('no value');

export class FieldErrors {
  readonly list: FieldError[] = [];

  required(field: string, detail = ''): void {
    this.#add(field, 'FieldValueRequired', body('Required value', noValue, detail));
  }

  invalid(field: string, value: Value, detail: string): void {
    this.#add(field, 'FieldValueInvalid', body('Invalid value', value, detail));
  }

  /** @param supported - listed in the order given. */
  notSupported(field: string, value: Value, supported: readonly string[]): void {
    const list = supported.map((item) => JSON.stringify(item)).join(', ');
    this.#add(field, 'FieldValueNotSupported', body('Unsupported value', value, `supported values: ${list}`));
  }

  forbidden(field: string, detail: string): void {
    this.#add(field, 'FieldValueForbidden', body('Forbidden', noValue, detail));
  }

  duplicate(field: string, value: Value): void {
    this.#add(field, 'FieldValueDuplicate', body('Duplicate value', value, ''));
  }

  notFound(field: string, value: Value): void {
    this.#add(field, 'FieldValueNotFound', body('Not found', value, ''));
  }

  tooLong(field: string, maximum: number): void {
    this.#add(field, 'FieldValueTooLong', body('Too long', noValue, `may not be more than ${maximum} bytes`));
  }

  tooMany(field: string, actual: number, maximum: number): void {
    const items = maximum === 1 ? 'item' : 'items';
    this.#add(field, 'FieldValueTooMany', body('Too many', actual, `must have at most ${maximum} ${items}`));
  }

  /** One `invalid` per message, as the name checks answer several. */
  each(field: string, value: Value, messages: readonly string[]): void {
    for (const message of messages) this.invalid(field, value, message);
  }

  /** Checks a value against the list of those allowed; an absent one is required unless `optional`. */
  oneOf(field: string, value: Value, supported: readonly string[], optional = false): void {
    if (value === undefined || value === null || value === '') {
      if (!optional) this.required(field);
    } else if (typeof value !== 'string' || !supported.includes(value)) {
      this.notSupported(field, value, supported);
    }
  }

  /** Checks that a number, if there, is not below 0. */
  nonNegative(field: string, value: Value): void {
    if (typeof value === 'number' && value < 0) this.invalid(field, value, 'must be greater than or equal to 0');
  }

  positive(field: string, value: Value): void {
    if (typeof value === 'number' && value <= 0) this.invalid(field, value, 'must be greater than 0');
  }

  #add(field: string, reason: FieldError['reason'], message: string): void {
    this.list.push({ field, reason, message });
  }
}

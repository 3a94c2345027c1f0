/**
 * Selectors of labels and of fields: read from text or objects, matched, and written back.
 *
 * This file: field selectors: `metadata.name=a,status.phase!=Running`. They are matched against the fields that a
 * resource lets be selected; whether a field is one of them is the server's to check.
 */
import { apiErrors } from '../errors.js';

/** One term of a field selector. */
export interface FieldRequirement {
  readonly field: string;
  /** `==` is read as `=`. */
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** An immutable field selector: all of its requirements must be fulfilled. */
export class FieldSelector {
  static readonly everything = new FieldSelector([]);

  private constructor(readonly requirements: readonly FieldRequirement[]) {}

  /**
   * Reads a selector's text; an empty one selects everything. In values a backslash escapes `,`, `=` and itself.
   *
   * @throws KW_API_FIELD_SELECTOR
   */
  static parse(text: string): FieldSelector {
    const terms = splitTerms(text)
      .filter((term) => term !== '')
      .sort();
    return terms.length === 0
      ? FieldSelector.everything
      : new FieldSelector(terms.map((term) => parseTerm(text, term)));
  }

  static of(requirements: readonly FieldRequirement[]): FieldSelector {
    return new FieldSelector(requirements);
  }

  get selectsEverything(): boolean {
    return this.requirements.length === 0;
  }

  /** The value that the field must have, where the selector says so. */
  exact(field: string): string | undefined {
    return this.requirements.find((each) => each.field === field && each.operator === '=')?.value;
  }

  /** @param fields - values by field; a field that is not there counts as empty. */
  matches(fields: Readonly<Record<string, string>>): boolean {
    return this.requirements.every(({ field, operator, value }) => {
      const actual = Object.hasOwn(fields, field) ? fields[field] : '';
      return (actual === value) === (operator === '=');
    });
  }

  /** The text that `parse` reads back. */
  toString(): string {
    return this.requirements
      .map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`)
      .join(',');
  }
}

/** A value as a field selector's text must write it. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}

/** Splits at the commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  return text.match(/(?:[^\\,]|\\[\s\S]?)+/g) ?? [];
}

function parseTerm(selector: string, term: string): FieldRequirement {
  const match = /^([\s\S]*?)(!=|==|=)([\s\S]*)$/.exec(term);
  if (match === null) {
    throw apiErrors.FIELD_SELECTOR({ selector, reason: `invalid selector: '${selector}'; can't understand '${term}'` });
  }
  const [, field = '', operator, value = ''] = match;
  return { field, operator: operator === '!=' ? '!=' : '=', value: unescape(selector, value) };
}

function unescape(selector: string, value: string): string {
  return value.replace(/\\([\s\S]?)|[,=]/g, (found, escaped: string | undefined) => {
    if (escaped === undefined) {
      throw apiErrors.FIELD_SELECTOR({
        selector,
        reason: `invalid field selector: unescaped character in value: ${found}`,
      });
    }
    if (!['\\', ',', '='].includes(escaped)) {
      throw apiErrors.FIELD_SELECTOR({ selector, reason: `invalid field selector: invalid escape sequence: ${found}` });
    }
    return escaped;
  });
}

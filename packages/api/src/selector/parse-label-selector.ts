import { apiErrors } from '../errors.js';
import { aggregate, checkKey, requirement, type Requirement, type SelectorOperator } from './requirement.js';

/** A word may be an operator only where the parser expects one: `in in (in)` is right. */
interface Lexeme {
  readonly kind: 'word' | 'mark' | 'end' | 'error';
  readonly text: string;
}

const marks = new Set(['!=', '==', '=', '!', ',', '(', ')', '>', '<']);
const special = '=!(),><';
const operators = new Map<string, SelectorOperator>([
  ['=', '='],
  ['==', '=='],
  ['!=', '!='],
  ['in', 'in'],
  ['notin', 'notin'],
  ['>', 'gt'],
  ['<', 'lt'],
]);
const operatorNames = 'in, notin, =, ==, !=, gt, lt';

/**
 * The terms of a selector's text, sorted by key.
 *
 * @throws KW_API_LABEL_SELECTOR
 */
export function parseRequirements(selector: string): Requirement[] {
  const parser = new Parser(selector);
  try {
    return parser.parse().sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  } catch (error) {
    if (error instanceof Unparsable) throw apiErrors.LABEL_SELECTOR({ selector, reason: error.message });
    if (apiErrors.LABEL_SELECTOR.is(error)) {
      throw apiErrors.LABEL_SELECTOR({
        selector,
        reason: `unable to parse requirement: ${error.details.reason}`,
      });
    }
    throw error;
  }
}

class Unparsable extends Error {}

class Parser {
  readonly #lexemes: Lexeme[];
  #next = 0;

  constructor(text: string) {
    this.#lexemes = scan(text);
  }

  parse(): Requirement[] {
    const terms: Requirement[] = [];
    if (this.#peek().kind === 'end') return terms;
    for (;;) {
      if (!this.#startsTerm())
        throw new Unparsable(`found '${this.#peek().text}', expected: !, identifier, or 'end of string'`);
      terms.push(this.#term());
      const after = this.#take();
      if (after.kind === 'end') return terms;
      if (after.text !== ',' || after.kind !== 'mark')
        throw new Unparsable(`found '${after.text}', expected: ',' or 'end of string'`);
      if (!this.#startsTerm()) throw new Unparsable(`found '${this.#peek().text}', expected: identifier after ','`);
    }
  }

  #term(): Requirement {
    const absent = this.#skip('!');
    const key = this.#take();
    if (key.kind !== 'word') throw fault(`found '${key.text}', expected: identifier`);
    const problems = checkKey('<nil>', key.text);
    if (problems.length > 0) throw fault(aggregate(problems));
    if (absent) return requirement(key.text, '!');
    if (this.#peek().kind === 'end' || this.#sees(',')) return requirement(key.text, 'exists');
    const found = this.#take();
    const operator = operators.get(found.text);
    if (operator === undefined) throw fault(`found '${found.text}', expected: ${operatorNames}`);
    return requirement(key.text, operator, operator === 'in' || operator === 'notin' ? this.#set() : [this.#value()]);
  }

  #value(): string {
    if (this.#peek().kind === 'end' || this.#sees(',')) return '';
    const value = this.#take();
    if (value.kind !== 'word') throw fault(`found '${value.text}', expected: identifier`);
    return value.text;
  }

  /** `(a, b)`; an empty place counts as the empty value. */
  #set(): string[] {
    const open = this.#take();
    if (open.text !== '(' || open.kind !== 'mark') throw fault(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      if (this.#sees(',') || this.#sees(')')) values.push('');
      else {
        const value = this.#take();
        if (value.kind !== 'word') throw fault(`found '${value.text}', expected: ',', ')' or identifier`);
        values.push(value.text);
      }
      const after = this.#take();
      if (after.kind === 'mark' && after.text === ')') return values;
      if (after.kind !== 'mark' || after.text !== ',') throw fault(`found '${after.text}', expected: ',' or ')'`);
    }
  }

  #startsTerm(): boolean {
    return this.#peek().kind === 'word' || this.#sees('!');
  }

  #sees(mark: string): boolean {
    const lexeme = this.#peek();
    return lexeme.kind === 'mark' && lexeme.text === mark;
  }

  #skip(mark: string): boolean {
    const there = this.#sees(mark);
    if (there) this.#next++;
    return there;
  }

  #peek(): Lexeme {
    return this.#lexemes[this.#next] ?? { kind: 'end', text: '' };
  }

  #take(): Lexeme {
    const lexeme = this.#peek();
    this.#next++;
    return lexeme;
  }
}

/** A fault within one term. */
function fault(reason: string): Unparsable {
  return new Unparsable(`unable to parse requirement: ${reason}`);
}

function scan(text: string): Lexeme[] {
  const lexemes: Lexeme[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (/\s/.test(character)) at++;
    else if (special.includes(character)) {
      const two = text.slice(at, at + 2);
      const mark = marks.has(two) ? two : character;
      lexemes.push({ kind: 'mark', text: mark });
      at += mark.length;
    } else {
      const start = at;
      while (at < text.length && !special.includes(text.charAt(at)) && !/\s/.test(text.charAt(at))) at++;
      lexemes.push({ kind: 'word', text: text.slice(start, at) });
    }
  }
  return lexemes;
}

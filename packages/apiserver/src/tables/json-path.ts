/**
 * The paths that CustomResourceDefinitions use: keys, quoted keys, positions, wildcards and filters for equality, as
 * `.status.conditions[?(@.type=="Ready")].status`. No recursion, no slices, no unions.
 */
import type { Json } from '@kubewright/api';
import { isArray, own } from '@kubewright/api/json';
import { isObject } from '../kinds/fields/fields.js';

type Step =
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'all' }
  | {
      readonly type: 'filter';
      readonly path: readonly string[];
      readonly operator: string;
      readonly value: string | undefined;
    };

const steps: readonly [RegExp, (match: RegExpExecArray) => Step][] = [
  [/\.([\w-]+(?:\\\.[\w-]+)*)/y, ([, key = '']) => ({ type: 'key', key: key.replaceAll('\\.', '.') })],
  [/\.\*/y, () => ({ type: 'all' })],
  [/\[\*\]/y, () => ({ type: 'all' })],
  [/\[(-?\d+)\]/y, ([, index = '']) => ({ type: 'index', index: Number(index) })],
  [
    /\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/y,
    ([, single, double]) => ({ type: 'key', key: (single ?? double ?? '').replaceAll(/\\(.)/g, '$1') }),
  ],
  [
    /\[\?\(\s*@((?:\.[\w-]+)+)\s*(?:(==|!=)\s*(?:'([^']*)'|"([^"]*)"|([\w.-]+)))?\s*\)\]/y,
    ([, path = '', operator = '', single, double, plain]) => ({
      type: 'filter',
      path: path.slice(1).split('.'),
      operator,
      value: single ?? double ?? plain,
    }),
  ],
];

/** Reads a path once, for many objects. */
export class JsonPath {
  readonly #steps: readonly Step[];

  private constructor(found: readonly Step[]) {
    this.#steps = found;
  }

  /** The path, or undefined where it is not one of the forms above. */
  static parse(path: string): JsonPath | undefined {
    const found = parse(path);
    return found && new JsonPath(found);
  }

  /** All values that the path reaches, in order. */
  find(root: Json | undefined): Json[] {
    let values: Json[] = root === undefined ? [] : [root];
    for (const step of this.#steps) values = values.flatMap((value) => follow(value, step));
    return values;
  }
}

function parse(path: string): Step[] | undefined {
  const inner = path.startsWith('{') && path.endsWith('}') ? path.slice(1, -1) : path;
  const text = inner.startsWith('$') ? inner.slice(1) : inner;
  const found: Step[] = [];
  let position = 0;
  while (position < text.length) {
    const start = position;
    for (const [pattern, make] of steps) {
      pattern.lastIndex = position;
      const match = pattern.exec(text);
      if (!match) continue;
      found.push(make(match));
      position = pattern.lastIndex;
      break;
    }
    if (position === start) return undefined;
  }
  return found;
}

function follow(value: Json, step: Step): Json[] {
  switch (step.type) {
    case 'key': {
      const next = isObject(value) ? own(value, step.key) : undefined;
      return next === undefined ? [] : [next];
    }
    case 'index': {
      const next = isArray(value) ? value.at(step.index) : undefined;
      return next === undefined ? [] : [next];
    }
    case 'all':
      return isArray(value) ? [...value] : isObject(value) ? Object.values(value) : [];
    default:
      return isArray(value) ? value.filter((item) => passes(item, step)) : [];
  }
}

function passes(item: Json, { path, operator, value }: Extract<Step, { type: 'filter' }>): boolean {
  let current: Json | undefined = item;
  for (const key of path) current = isObject(current) ? own(current, key) : undefined;
  if (operator === '') return current !== undefined;
  const same = current !== undefined && current !== null && typeof current !== 'object' && String(current) === value;
  return operator === '==' ? same : !same;
}

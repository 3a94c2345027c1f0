import type { Json } from '@kubewright/api';
import { isArray, isObject } from '@kubewright/api/json';
import type { FieldType, ListType, MapType, ScalarType } from './field-type.js';
import { elementOf, unidentified } from './list-element.js';
import { formatElement } from './path-element.js';

/** What in an applied configuration does not fit its type, each as `PATH: reason`. Null fits everywhere. */
export function checkConfig(type: FieldType, value: Json): string[] {
  const problems: string[] = [];
  check(type, value, '', problems);
  return problems;
}

/** One problem on its own, several as a list. */
export function describeProblems(problems: readonly string[]): string {
  return problems.length === 1
    ? (problems[0] ?? '')
    : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
}

function check(type: FieldType, value: Json, path: string, problems: string[]): void {
  if (value === null) return;
  const report = (text: string): void => void problems.push(path === '' ? text : `${path}: ${text}`);
  if (isArray(value) && type.list !== undefined) checkList(type.list, value, path, problems);
  else if (isObject(value) && type.map !== undefined) checkMap(type.map, value, path, problems);
  else if (type.scalar !== undefined && typeof value !== 'object') {
    if (!fits(type.scalar, value)) report(`expected ${scalarNames[type.scalar]}, got ${describe(value)}`);
  } else
    report(`expected ${type.map ? 'map' : type.scalar ? scalarNames[type.scalar] : 'list'}, got ${describe(value)}`);
}

const scalarNames = { string: 'string', numeric: 'numeric (int or float)', boolean: 'boolean', untyped: 'any scalar' };

function fits(scalar: ScalarType, value: Json): boolean {
  if (scalar === 'untyped') return true;
  return typeof value === (scalar === 'numeric' ? 'number' : scalar);
}

function describe(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : `${typeof value} ${JSON.stringify(value)}`;
}

function checkMap(type: MapType, value: { readonly [key: string]: Json }, path: string, problems: string[]): void {
  for (const key of Object.keys(value)) {
    const field = type.declared(key) ?? type.values;
    if (field === undefined) problems.push(`${path}.${key}: field not declared in schema`);
    else check(field, value[key] ?? null, `${path}.${key}`, problems);
  }
}

function checkList(type: ListType, items: readonly Json[], path: string, problems: string[]): void {
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const element = type.atomic ? `i:${index}` : elementOf(type, item);
    if (element === undefined) {
      problems.push(`${path}: element ${index}: ${unidentified(type, item)}`);
      return;
    }
    if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${formatElement(element)}`);
    seen.add(element);
    check(type.items, item, path + formatElement(element), problems);
  }
}

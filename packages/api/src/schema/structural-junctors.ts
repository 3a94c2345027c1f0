/** The part of structurality that is about `allOf`, `anyOf`, `oneOf` and `not`: they may only restrict values, never shape them. */
import { childPath, type FieldError, fieldError, indexPath } from '../validation/field-error.js';
import { compilePattern } from './pattern.js';
import type { Schema } from './schema.js';

/** What may not stand inside a junctor, and how it is said: those fields would decide how to prune and default. */
const forbiddenInside: readonly (readonly [keyof Schema, string])[] = [
  ['type', 'must be empty to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
];

/** What is wrong inside a schema's junctors, and with its pattern. */
export function checkJunctors(schema: Schema, path: string): FieldError[] {
  const problems = junctors(schema, path).flatMap(([child, field]) =>
    isIntOrStringChoice(schema, child, field, path) ? [] : checkInside(child, field),
  );
  return [...problems, ...checkPattern(schema, path)];
}

function checkInside(schema: Schema, path: string): FieldError[] {
  const problems = forbiddenInside.flatMap(([name, detail]) =>
    schema[name] === undefined || schema[name] === false ? [] : [fieldError.forbidden(childPath(path, name), detail)],
  );
  if (schema.properties?.metadata !== undefined) {
    problems.push(
      fieldError.forbidden(
        indexPath(childPath(path, 'properties'), 'metadata'),
        'must not be specified in a nested context',
      ),
    );
  }
  if (schema.items !== undefined) problems.push(...checkInside(schema.items, childPath(path, 'items')));
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    problems.push(...checkInside(child, indexPath(childPath(path, 'properties'), name)));
  }
  return [...problems, ...checkJunctors(schema, path)];
}

/** The schemas inside a schema's junctors, with their paths. */
function junctors(schema: Schema, path: string): [Schema, string][] {
  const listed = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((name) =>
    (schema[name] ?? []).map((child, index): [Schema, string] => [child, indexPath(childPath(path, name), index)]),
  );
  return schema.not === undefined ? listed : [...listed, [schema.not, childPath(path, 'not')]];
}

/** The one use of `type` inside a junctor that is allowed: `anyOf: [integer, string]`, also as the first of `allOf`. */
function isIntOrStringChoice(parent: Schema, child: Schema, field: string, path: string): boolean {
  const choice = ({ anyOf }: Schema) =>
    anyOf?.length === 2 && JSON.stringify(anyOf) === '[{"type":"integer"},{"type":"string"}]';
  if (field.startsWith(`${childPath(path, 'anyOf')}[`)) return choice(parent);
  return field === `${childPath(path, 'allOf')}[0]` && choice(child) && Object.keys(child).length === 1;
}

function checkPattern({ pattern }: Schema, path: string): FieldError[] {
  const compiled = pattern === undefined ? undefined : compilePattern(pattern);
  if (!(compiled instanceof Error)) return [];
  const detail = `must be a valid regular expression, but isn't: ${compiled.message}`;
  return [fieldError.invalid(childPath(path, 'pattern'), pattern, detail)];
}

/** What a junctor says of a field or of items must also be specified outside of it. */
export function checkComplete(schema: Schema, path: string): FieldError[] {
  const problems = junctors(schema, path).flatMap(([child, field]) => checkSpecified(schema, child, path, field));
  if (schema.items !== undefined) problems.push(...checkComplete(schema.items, childPath(path, 'items')));
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    problems.push(...checkComplete(child, indexPath(childPath(path, 'properties'), name)));
  }
  if (typeof schema.additionalProperties === 'object') {
    problems.push(...checkComplete(schema.additionalProperties, childPath(path, 'additionalProperties')));
  }
  return problems;
}

function checkSpecified(main: Schema, inside: Schema, mainPath: string, path: string): FieldError[] {
  const problems: FieldError[] = [];
  const missing = (field: string, from: string) =>
    problems.push(fieldError.required(field, `because it is defined in ${from}`));
  if (inside.items !== undefined) {
    const [field, from] = [childPath(mainPath, 'items'), childPath(path, 'items')];
    if (main.items === undefined) missing(field, from);
    else problems.push(...checkSpecified(main.items, inside.items, field, from));
  }
  for (const [name, child] of Object.entries(inside.properties ?? {})) {
    const from = indexPath(childPath(path, 'properties'), name);
    const own = Object.hasOwn(main.properties ?? {}, name) ? main.properties?.[name] : undefined;
    const [known, field] =
      own === undefined && typeof main.additionalProperties === 'object'
        ? [main.additionalProperties, childPath(mainPath, 'additionalProperties')]
        : [own, indexPath(childPath(mainPath, 'properties'), name)];
    if (known === undefined) missing(field, from);
    else problems.push(...checkSpecified(known, child, field, from));
  }
  for (const [child, field] of junctors(inside, path)) problems.push(...checkSpecified(main, child, mainPath, field));
  return problems;
}

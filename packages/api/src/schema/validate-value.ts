/**
 * Validates a value against a schema, with the errors that Kubernetes answers for a custom resource. Pure; it neither prunes nor
 * defaults (its neighbours do), and CEL rules are evaluated by whom the caller names.
 */
import { apiErrors } from '../errors.js';
import type { Json } from '../json/json.js';
import { childPath, type FieldError, fieldError, indexPath } from '../validation/field-error.js';
import { canonicalJson, isArray, isObject } from './json-value.js';
import type { Schema, SchemaResolver } from './schema.js';
import { type PatternBudget, typeProblem, validateNumber, validateString, wholeObject } from './validate-scalar.js';

/**
 * So many steps of patterns may be gone through for one object: a step takes up to 60 ns, and most take one. An object of the
 * largest size is well below it where its patterns are of the usual size.
 */
const patternSteps = 50_000_000;

/** Evaluates the rules of one schema node; called for each node that has `x-kubernetes-validations`. */
export type RuleValidator = (schema: Schema, value: Json, path: string) => readonly FieldError[];

export interface ValidateOptions {
  /** Finds what `$ref` names. Needed for the built-in schemas, as `builtinSchema`. */
  readonly resolve?: SchemaResolver;
  /** Default: rules are not evaluated. */
  readonly rules?: RuleValidator;
}

/**
 * Everything wrong with a value.
 *
 * @param path - where the value is, as `spec`. Empty for a whole object.
 * @throws KW_API_UNRESOLVED_SCHEMA where the schema has a `$ref` and no resolver was given.
 */
export function validateValue(schema: Schema, value: Json, path = '', options: ValidateOptions = {}): FieldError[] {
  return validateNode(schema, value, path, { ...options, budget: { left: patternSteps } });
}

interface Walk extends ValidateOptions {
  readonly budget: PatternBudget;
}

function validateNode(schema: Schema, value: Json, path: string, options: Walk): FieldError[] {
  if (schema.$ref !== undefined) return validateNode(resolveSchema(schema, options.resolve), value, path, options);
  const mismatch = typeProblem(schema, value, path);
  if (mismatch !== undefined) return [mismatch];
  if (value === null) return [];
  const problems: FieldError[] = [];
  if (schema.enum !== undefined) problems.push(...validateEnum(schema.enum, value, path));
  if (typeof value === 'number') problems.push(...validateNumber(schema, value, path));
  else if (typeof value === 'string') problems.push(...validateString(schema, value, path, options.budget));
  else if (isArray(value)) problems.push(...validateArray(schema, value, path, options));
  else if (isObject(value)) problems.push(...validateObject(schema, value, path, options));
  problems.push(...validateJunctors(schema, value, path, options));
  if (options.rules !== undefined && schema['x-kubernetes-validations'] !== undefined)
    problems.push(...options.rules(schema, value, path));
  return problems;
}

/** The schema itself, or what its `$ref` names. */
export function resolveSchema(schema: Schema, resolve: SchemaResolver | undefined): Schema {
  if (schema.$ref === undefined) return schema;
  if (resolve === undefined) throw apiErrors.UNRESOLVED_SCHEMA({ name: schema.$ref });
  return resolve(schema.$ref);
}

function validateEnum(allowed: readonly Json[], value: Json, path: string): FieldError[] {
  const wanted = canonicalJson(value);
  if (allowed.some((each) => canonicalJson(each) === wanted)) return [];
  const names = allowed.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
  return [fieldError.notSupported(path, value, names)];
}

function validateArray(schema: Schema, value: readonly Json[], path: string, options: Walk): FieldError[] {
  const problems: FieldError[] = [];
  const { minItems, maxItems, items } = schema;
  if (maxItems !== undefined && value.length > maxItems)
    problems.push(fieldError.tooMany(path, value.length, maxItems));
  if (minItems !== undefined && value.length < minItems) {
    problems.push(fieldError.invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  // A list that is too long is not looked into: its items would only add to the answer.
  if (maxItems !== undefined && value.length > maxItems) return problems;
  if (schema.uniqueItems === true && new Set(value.map(canonicalJson)).size < value.length) {
    problems.push(fieldError.invalid(path, '', `${path} in body shouldn't contain duplicates`));
  }
  if (items !== undefined) {
    for (const [index, item] of value.entries())
      problems.push(...validateNode(items, item, indexPath(path, index), options));
  }
  problems.push(...validateListType(schema, value, path, options));
  return problems;
}

/** The items of a `set` are unique, those of a `map` by their keys; a key that is absent counts with its default. */
function validateListType(schema: Schema, value: readonly Json[], path: string, options: Walk): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'set' && listType !== 'map') return [];
  const problems: FieldError[] = [];
  const seen = new Set<string>();
  const reported = new Set<string>();
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const item = schema.items === undefined ? undefined : resolveSchema(schema.items, options.resolve);
  for (const [index, each] of value.entries()) {
    const identity = listType === 'set' ? each : isObject(each) ? keysOf(each, keys, item) : undefined;
    if (identity === undefined) continue;
    const text = canonicalJson(identity);
    if (seen.has(text) && !reported.has(text)) {
      reported.add(text);
      problems.push(fieldError.duplicate(indexPath(path, index), identity));
    }
    seen.add(text);
  }
  return problems;
}

function keysOf(value: { readonly [key: string]: Json }, keys: readonly string[], item: Schema | undefined): Json {
  const identity: Record<string, Json> = {};
  for (const key of keys) {
    const own = Object.hasOwn(value, key) ? value[key] : item?.properties?.[key]?.default;
    if (own !== undefined) identity[key] = own;
  }
  return identity;
}

function validateObject(
  schema: Schema,
  value: { readonly [key: string]: Json },
  path: string,
  options: Walk,
): FieldError[] {
  const problems: FieldError[] = [];
  const { properties, additionalProperties, minProperties, maxProperties } = schema;
  const names = Object.keys(value);
  if (maxProperties !== undefined && names.length > maxProperties)
    problems.push(fieldError.tooMany(path, names.length, maxProperties));
  if (minProperties !== undefined && names.length < minProperties) {
    problems.push(
      fieldError.invalid(path, names.length, `${path} in body should have at least ${minProperties} properties`),
    );
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) problems.push(fieldError.required(childPath(path, name)));
  }
  for (const name of names) {
    const child = value[name];
    if (child === undefined) continue;
    const own = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
    const known = own ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (known !== undefined) problems.push(...validateNode(known, child, childPath(path, name), options));
    else if (additionalProperties === false) {
      problems.push(fieldError.invalid(path, name, `${childPath(path, name)} in body is a forbidden property`));
    }
  }
  if (schema['x-kubernetes-embedded-resource'] === true) {
    for (const name of ['apiVersion', 'kind']) {
      if (!Object.hasOwn(value, name) || value[name] === '') {
        problems.push(fieldError.required(childPath(path, name), 'must not be empty'));
      }
    }
  }
  return problems;
}

/** `allOf`, `anyOf`, `oneOf` and `not`. The errors of the alternative that came nearest follow the one about all of them. */
function validateJunctors(schema: Schema, value: Json, path: string, options: Walk): FieldError[] {
  const problems: FieldError[] = [];
  const whole = (detail: string) =>
    problems.push(fieldError.invalid(wholeObject, '', `${JSON.stringify(path)} ${detail}`));
  const tryAll = (schemas: readonly Schema[]) => schemas.map((each) => validateNode(each, value, path, options));
  const nearest = (results: readonly FieldError[][]) =>
    results.reduce((best, each) => (each.length < best.length ? each : best));

  if (schema.anyOf !== undefined && schema.anyOf.length > 0) {
    const results = tryAll(schema.anyOf);
    if (results.every((result) => result.length > 0)) {
      whole('must validate at least one schema (anyOf)');
      problems.push(...nearest(results));
    }
  }
  if (schema.oneOf !== undefined && schema.oneOf.length > 0) {
    const results = tryAll(schema.oneOf);
    const valid = results.filter((result) => result.length === 0).length;
    if (valid === 0) {
      whole('must validate one and only one schema (oneOf). Found none valid');
      problems.push(...nearest(results));
    } else if (valid > 1) whole(`must validate one and only one schema (oneOf). Found ${valid} valid alternatives`);
  }
  if (schema.allOf !== undefined && schema.allOf.length > 0) {
    const results = tryAll(schema.allOf);
    const failed = results.filter((result) => result.length > 0);
    if (failed.length > 0)
      whole(`must validate all the schemas (allOf)${failed.length === results.length ? '. None validated' : ''}`);
    problems.push(...failed.flat());
  }
  if (schema.not !== undefined && validateNode(schema.not, value, path, options).length === 0) {
    whole('must not validate the schema (not)');
  }
  return problems;
}

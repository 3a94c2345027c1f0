/**
 * The structural schema of a class: its fields' types and limits from decorators, its defaults from initialisers. A field
 * with neither a default nor `@IsOptional()` is required. A field whose type no decorator tells is an error.
 */
import { validateValue } from '@kubewright/api';
import type { Json, Schema } from '@kubewright/api';
import { hasCode, messageOf } from '@kubewright/core';
import { controllerErrors } from '../errors/controller-errors.js';
import { fieldFactsOf } from './field-metadata.js';
import { restrict } from './restrict.js';
import type { Constructor, ElementType, FieldFacts } from './field-metadata.js';
import { isOptionalRule, refuseFlags, validatorRuleSchema } from './validator-rules.js';
import type { ValidatorRule } from './validator-rules.js';

/** Finds what class-validator knows of a class. */
export type RuleSource = (target: Constructor) => readonly ValidatorRule[];

/**
 * class-validator is loaded here and not before: a program without custom resources never pays for it. Where it is not
 * installed, no class has a decorator of its.
 *
 * @throws VALIDATOR_OUT_OF_REACH where a program has loaded it and this package cannot find it: its rules would be lost.
 */
export async function validatorRules(): Promise<RuleSource> {
  const validator = await import('class-validator').catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    // Where class-validator, of whatever copy, keeps what its decorators said.
    if ('classValidatorMetadataStorage' in globalThis)
      throw controllerErrors.VALIDATOR_OUT_OF_REACH({}, { cause: error });
    return undefined;
  });
  if (validator === undefined) return () => [];
  const { getMetadataStorage } = validator;
  return (target) => getMetadataStorage().getTargetValidationMetadatas(target, '', false, false);
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ERR_MODULE_NOT_FOUND') && messageOf(error).includes("'class-validator'");
}

export function classSchema(target: Constructor, rulesOf: RuleSource, path: readonly Constructor[] = []): Schema {
  if (path.includes(target))
    throw controllerErrors.RECURSIVE_CLASS({ path: [...path, target].map(({ name }) => name) });
  const rules = Map.groupBy(rulesOf(target), (rule) => rule.propertyName);
  const facts = fieldFactsOf(target);
  const initial = initialValues(target);
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const field of new Set([...Object.keys(initial), ...rules.keys(), ...facts.keys()])) {
    const own = rules.get(field) ?? [];
    const { optional = own.some(isOptionalRule), ...told } = facts.get(field) ?? {};
    const schema = fieldSchema(target, field, own, told, rulesOf, [...path, target]);
    const value = initial[field];
    if (value === undefined && !optional) required.push(field);
    properties[field] = value === undefined ? schema : withDefault(target, field, schema, value);
  }
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

/** A fresh instance tells which fields the class declares, and their defaults. */
function initialValues(target: Constructor): Record<string, Json | undefined> {
  return { ...(Reflect.construct(target, []) as Record<string, Json | undefined>) };
}

function fieldSchema(
  target: Constructor,
  field: string,
  rules: readonly ValidatorRule[],
  facts: FieldFacts,
  rulesOf: RuleSource,
  path: readonly Constructor[],
): Schema {
  const where = { className: target.name, field };
  for (const { type, name = type, constraints = [] } of rules) if (name === 'matches') refuseFlags(where, constraints);
  const parts = [...(facts.limits ?? []), ...rules.map(validatorRuleSchema).filter((part) => part !== undefined)];
  const own = parts.filter((part) => !part.each).map((part) => part.schema);
  const items = parts.filter((part) => part.each).map((part) => part.schema);
  const shape = shapeSchema(facts, rulesOf, path);
  const itemSchema =
    items.length > 0
      ? { items: merge({ ...where, field: `${field}[]` }, [...(shape?.items ? [shape.items] : []), ...items]) }
      : {};
  const list: Schema[] = items.length > 0 ? [{ type: 'array', ...itemSchema }] : [];
  const schema: Schema = {
    ...merge(where, [...(shape ? [shape] : []), ...own, ...list]),
    ...facts.extra,
    ...(facts.rules && { 'x-kubernetes-validations': facts.rules }),
  };
  const typed = schema.type !== undefined || schema['x-kubernetes-int-or-string'] === true;
  if (!typed || (schema.type === 'array' && schema.items === undefined))
    throw controllerErrors.FIELD_WITHOUT_TYPE(where);
  return schema;
}

function shapeSchema({ shape }: FieldFacts, rulesOf: RuleSource, path: readonly Constructor[]): Schema | undefined {
  const element = (of: ElementType): Schema => {
    if (typeof of === 'function') return classSchema(of(), rulesOf, path);
    return of === 'integer' ? { type: of, format: 'int64' } : { type: of };
  };
  switch (shape?.kind) {
    case undefined:
      return undefined;
    case 'object':
      return classSchema(shape.of(), rulesOf, path);
    case 'map':
      return { type: 'object', additionalProperties: element(shape.of) };
    case 'list':
      return {
        type: 'array',
        items: element(shape.of),
        'x-kubernetes-list-type': shape.listType,
        ...(shape.mapKeys && { 'x-kubernetes-list-map-keys': shape.mapKeys }),
      };
    case 'schema':
      return shape.schema;
  }
}

/** All that the decorators say, in one schema. They may repeat the type, but not contradict each other about it. */
function merge(where: { className: string; field: string }, parts: readonly Schema[]): Schema {
  const types = [...new Set(parts.map((part) => part.type).filter((type) => type !== undefined))];
  // An enum or a limit of whole numbers says `number`; a decorator that says `integer` is more exact.
  const exact =
    types.length === 2 && types.includes('integer') && types.includes('number') ? ['integer' as const] : types;
  if (exact.length > 1) throw controllerErrors.FIELD_WITH_TWO_TYPES({ ...where, types: exact.toSorted() });
  const [type] = exact;
  return { ...restrict(parts), ...(type && { type }) };
}

function withDefault(target: Constructor, field: string, schema: Schema, value: Json): Schema {
  const plain = JSON.parse(JSON.stringify(value)) as Json;
  const [misfit] = validateValue(schema, plain, field);
  if (misfit) throw controllerErrors.FIELD_DEFAULT_MISFIT({ className: target.name, field, reason: misfit.message });
  return { ...schema, default: plain };
}

/**
 * The rules that make a schema structural: what a CustomResourceDefinition must keep so that objects can be pruned and defaulted
 * without guessing. Whether defaults are valid values, and the cost of CEL rules, is checked elsewhere.
 */
import { childPath, type FieldError, fieldError, indexPath } from '../validation/field-error.js';
import type { Schema } from './schema.js';
import { checkComplete, checkJunctors } from './structural-junctors.js';
import { validateValue } from './validate-value.js';

type Level = 'root' | 'item' | 'field';

const levelNames = { root: 'at the root', item: 'for specified array items', field: 'for specified object fields' };
const objectFields = ['apiVersion', 'kind', 'metadata'];

/**
 * Everything that keeps a schema from being structural, sorted.
 *
 * @param path - where the schema is. Default: `openAPIV3Schema`.
 */
export function checkStructural(schema: Schema, path = 'openAPIV3Schema'): FieldError[] {
  const problems = [...checkNode(schema, 'root', path), ...checkComplete(schema, path)];
  const text = ({ field, message }: FieldError) => `${field}: ${message}`;
  return problems.sort((a, b) => (text(a) < text(b) ? -1 : Number(text(a) > text(b))));
}

function checkNode(schema: Schema, level: Level, path: string): FieldError[] {
  const problems: FieldError[] = [];
  const at = (name: string) => childPath(path, name);
  const { type, properties, additionalProperties, items } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const intOrString = schema['x-kubernetes-int-or-string'] === true;

  if (schema.$ref !== undefined) problems.push(fieldError.forbidden(at('$ref'), '$ref is not supported'));
  if (schema.uniqueItems === true) {
    problems.push(
      fieldError.forbidden(
        at('uniqueItems'),
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
  if (type === undefined && embedded) {
    problems.push(fieldError.required(at('type'), 'must be object if x-kubernetes-embedded-resource is true'));
  } else if (type !== undefined && type !== 'object' && embedded) {
    problems.push(fieldError.invalid(at('type'), type, 'must be object if x-kubernetes-embedded-resource is true'));
  } else if (type === undefined && !intOrString && !preserves) {
    problems.push(fieldError.required(at('type'), `must not be empty ${levelNames[level]}`));
  }
  if (level === 'root' && type !== undefined && type !== 'object') {
    problems.push(fieldError.invalid(at('type'), type, 'must be object at the root'));
  }
  if (type !== undefined && intOrString)
    problems.push(fieldError.invalid(at('type'), type, 'must be empty if x-kubernetes-int-or-string is true'));
  if (preserves && intOrString) {
    problems.push(
      fieldError.invalid(
        at('x-kubernetes-preserve-unknown-fields'),
        true,
        'must be false if x-kubernetes-int-or-string is true',
      ),
    );
  }
  if (embedded && intOrString) {
    problems.push(
      fieldError.invalid(
        at('x-kubernetes-embedded-resource'),
        true,
        'must be false if x-kubernetes-int-or-string is true',
      ),
    );
  }
  if (embedded && !preserves && Object.keys(properties ?? {}).length === 0) {
    problems.push(
      fieldError.required(
        at('properties'),
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
  }
  if (type === 'array' && items === undefined) problems.push(fieldError.required(at('items'), 'must be specified'));
  if (additionalProperties !== undefined) {
    if (level === 'root')
      problems.push(fieldError.forbidden(at('additionalProperties'), 'must not be used at the root'));
    if (embedded)
      problems.push(
        fieldError.forbidden(at('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set'),
      );
    if (properties !== undefined) {
      problems.push(
        fieldError.forbidden(at('additionalProperties'), 'additionalProperties and properties are mutual exclusive'),
      );
    }
  }
  problems.push(...checkListType(schema, path), ...checkDefault(schema, path), ...checkJunctors(schema, path));
  if (level === 'root' || embedded) problems.push(...checkObjectFields(schema, level, path));

  if (items !== undefined) problems.push(...checkNode(items, 'item', at('items')));
  for (const [name, child] of Object.entries(properties ?? {}))
    problems.push(...checkNode(child, 'field', indexPath(at('properties'), name)));
  if (typeof additionalProperties === 'object')
    problems.push(...checkNode(additionalProperties, 'field', at('additionalProperties')));
  return problems;
}

/** The schema may not restrict an object's metadata, except its name. */
function checkObjectFields({ properties = {} }: Schema, level: Level, path: string): FieldError[] {
  const problems: FieldError[] = [];
  for (const name of objectFields) {
    const property = properties[name];
    const wanted = name === 'metadata' ? 'object' : 'string';
    if (property !== undefined && property.type !== wanted) {
      const field = childPath(indexPath(childPath(path, 'properties'), name), 'type');
      problems.push(fieldError.invalid(field, property.type ?? '', `must be ${wanted}`));
    }
  }
  if (level === 'root' && properties.metadata !== undefined) {
    const {
      type: _type,
      default: _default,
      description: _description,
      properties: named = {},
      ...others
    } = properties.metadata;
    if (
      Object.keys(others).length > 0 ||
      Object.keys(named).some((name) => name !== 'name' && name !== 'generateName')
    ) {
      const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
      problems.push(fieldError.forbidden(indexPath(childPath(path, 'properties'), 'metadata'), detail));
    }
  }
  return problems;
}

function checkListType(schema: Schema, path: string): FieldError[] {
  const problems: FieldError[] = [];
  const listType = schema['x-kubernetes-list-type'];
  const mapType = schema['x-kubernetes-map-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keysPath = childPath(path, 'x-kubernetes-list-map-keys');
  const invalidType = (reason: string) =>
    problems.push(fieldError.invalid(childPath(path, 'type'), schema.type ?? '', reason));
  if (mapType !== undefined && schema.type !== 'object')
    invalidType('must be object if x-kubernetes-map-type is specified');
  if (listType !== undefined && schema.type !== 'array')
    invalidType('must be array if x-kubernetes-list-type is specified');
  if (listType !== 'map') {
    if (keys.length > 0)
      problems.push(
        fieldError.invalid(
          childPath(path, 'x-kubernetes-list-type'),
          listType ?? '',
          'must be map if x-kubernetes-list-map-keys is non-empty',
        ),
      );
    return problems;
  }
  const item = schema.items;
  if (keys.length === 0)
    problems.push(fieldError.required(keysPath, 'must not be empty if x-kubernetes-list-type is map'));
  if (item !== undefined && item.type !== 'object') {
    problems.push(
      fieldError.invalid(
        childPath(childPath(path, 'items'), 'type'),
        item.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    );
  }
  for (const [index, key] of keys.entries()) {
    const property = Object.hasOwn(item?.properties ?? {}, key) ? item?.properties?.[key] : undefined;
    const field = indexPath(childPath(childPath(path, 'items'), 'properties'), key);
    if (property === undefined) {
      problems.push(
        fieldError.invalid(indexPath(keysPath, index), key, 'entries must all be names of item properties'),
      );
    } else if (property.type === 'array' || property.type === 'object') {
      problems.push(
        fieldError.invalid(
          childPath(field, 'type'),
          property.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    } else if (property.default === undefined && item?.required?.includes(key) !== true) {
      problems.push(
        fieldError.required(
          childPath(field, 'default'),
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
    }
  }
  return problems;
}

/** A default must itself be valid. */
function checkDefault(schema: Schema, path: string): FieldError[] {
  if (schema.default === undefined) return [];
  const field = childPath(path, 'default');
  return validateValue(schema, schema.default).map((problem) => ({
    ...problem,
    field: problem.field === '' || problem.field === '<nil>' ? field : childPath(field, problem.field),
  }));
}

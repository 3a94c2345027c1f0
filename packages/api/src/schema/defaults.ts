/**
 * Fills in the defaults of a schema, as a custom resource gets them. The built-in kinds' defaults are more than their schemas tell (there an
 * empty default mostly means that the field is never left out), so a server has its own for them.
 */
import { deepCopy } from '../json/json-value.js';
import type { JsonObject, MutableJson } from '../json/json.js';
import type { Schema, SchemaResolver } from './schema.js';
import { resolveSchema } from './validate-value.js';

/**
 * Applies the schema's defaults to the object itself, from the outside in, so that a default's own fields get theirs. A null where the
 * schema is not `nullable` counts as absent: the default replaces it, and without a default it goes.
 *
 * @param resolve - needed where the schema has `$ref`s. A default that stands beside a `$ref` is applied too.
 */
export function applySchemaDefaults(schema: Schema, value: JsonObject, resolve?: SchemaResolver): void {
  fill(schema, value, resolve);
}

function fill(node: Schema, value: MutableJson, resolve: SchemaResolver | undefined): void {
  if (typeof value !== 'object' || value === null) return;
  const schema = resolveSchema(node, resolve);
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    for (const [index, item] of value.entries()) {
      if (item === null && items.nullable !== true && items.default !== undefined)
        value[index] = deepCopy(items.default);
      fill(items, value[index] ?? null, resolve);
    }
    return;
  }
  const { properties = {}, additionalProperties } = schema;
  for (const [name, property] of Object.entries(properties)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const absent = given === undefined || (given === null && property.nullable !== true);
    if (absent && property.default !== undefined) set(value, name, deepCopy(property.default));
    else if (absent && given === null) delete value[name];
  }
  for (const name of Object.keys(value)) {
    const known = Object.hasOwn(properties, name)
      ? properties[name]
      : typeof additionalProperties === 'object'
        ? additionalProperties
        : undefined;
    const child = value[name];
    if (known === undefined || child === undefined) continue;
    if (child === null && known === additionalProperties && known.nullable !== true) {
      if (known.default === undefined) delete value[name];
      else value[name] = deepCopy(known.default);
    }
    fill(known, value[name] ?? null, resolve);
  }
}

/** An assignment to `__proto__` would set the prototype. */
function set(object: JsonObject, name: string, value: MutableJson): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

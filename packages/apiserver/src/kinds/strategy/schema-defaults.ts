/**
 * The values that a built-in kind's stored form always has: structures that are never left out, zero values of fields
 * that are always written, and the few defaults that the schema itself declares. Also drops nulls, which mean absence.
 * Compiled once per schema; a schema that refers to itself compiles to a loop.
 */
import type { Json, JsonObject, MutableJson, Schema, SchemaResolver } from '@kubewright/api';
import { deepCopy } from '@kubewright/api/json';
import { isObject } from '../fields/fields.js';

interface Field {
  readonly key: string;
  /** Written where the field is absent, made anew each time. */
  readonly fill: Json | undefined;
  readonly inside: Node | undefined;
  readonly shape: 'object' | 'array' | 'map';
}

interface Node {
  fields: readonly Field[];
  /** Whether anything below can be filled in or dropped. */
  readonly properties: ReadonlySet<string>;
}

export class SchemaDefaults {
  readonly hasStatus: boolean;
  /** Compiled for the first object: most kinds of a server are never written. */
  #root: Node | undefined;

  constructor(
    private readonly schema: Schema,
    private readonly resolve: SchemaResolver,
  ) {
    this.hasStatus = schema.properties?.['status'] !== undefined;
  }

  apply(object: JsonObject): void {
    this.#root ??= new Compiler(this.resolve).node(this.schema);
    fill(object, this.#root);
  }
}

function fill(object: JsonObject, node: Node): void {
  for (const key of Object.keys(object)) if (object[key] === null && node.properties.has(key)) delete object[key];
  for (const { key, fill: initial, inside, shape } of node.fields) {
    let value = object[key];
    if (value === undefined) {
      if (initial === undefined) continue;
      value = isObject(initial) ? {} : deepCopy(initial);
      object[key] = value;
    }
    if (inside !== undefined) fillInside(value, inside, shape);
  }
}

function fillInside(value: MutableJson, node: Node, shape: Field['shape']): void {
  if (shape === 'array') {
    if (Array.isArray(value)) for (const item of value) if (isObject(item)) fill(item, node);
  } else if (isObject(value)) {
    if (shape === 'object') fill(value, node);
    else for (const item of Object.values(value)) if (isObject(item)) fill(item, node);
  }
}

class Compiler {
  readonly #resolve: SchemaResolver;
  readonly #nodes = new Map<Schema, Node>();

  constructor(resolve: SchemaResolver) {
    this.#resolve = resolve;
  }

  node(schema: Schema): Node {
    const known = this.#nodes.get(schema);
    if (known) return known;
    const node: Node = { fields: [], properties: new Set(Object.keys(schema.properties ?? {})) };
    this.#nodes.set(schema, node);
    node.fields = Object.entries(schema.properties ?? {}).flatMap(([key, property]) => this.#field(key, property));
    return node;
  }

  #field(key: string, property: Schema): Field[] {
    const { schema, shape } = this.#inner(this.#follow(property));
    const inside = schema.properties === undefined ? undefined : this.node(schema);
    const declared = property.default;
    // A structure's default is `{}` also where its schema turns out to be a scalar in disguise (a time, a quantity).
    const usable = isObject(declared) ? shape === 'object' && inside !== undefined : true;
    const initial = usable ? declared : undefined;
    return initial === undefined && inside === undefined ? [] : [{ key, fill: initial, inside, shape }];
  }

  #inner(schema: Schema): { schema: Schema; shape: Field['shape'] } {
    if (schema.items) return { schema: this.#follow(schema.items), shape: 'array' };
    if (isSchema(schema.additionalProperties))
      return { schema: this.#follow(schema.additionalProperties), shape: 'map' };
    return { schema, shape: 'object' };
  }

  #follow(schema: Schema): Schema {
    const name = schema.$ref ?? schema.allOf?.[0]?.$ref;
    return name === undefined ? schema : this.#resolve(name);
  }
}

function isSchema(value: Schema | boolean | undefined): value is Schema {
  return typeof value === 'object';
}

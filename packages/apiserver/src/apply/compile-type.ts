import type { Json, Schema, SchemaResolver } from '@kubewright/api';
import { isObject } from '@kubewright/api/json';
import { deducedType } from './field-type.js';
import type { FieldType, ListType, MapType, ScalarType } from './field-type.js';

/** The schemas that any value fits, whatever they state. */
const opaque = new Set([
  'io.k8s.apimachinery.pkg.api.resource.Quantity',
  'io.k8s.apimachinery.pkg.runtime.RawExtension',
]);

const text: FieldType = { scalar: 'string', list: undefined, map: undefined };

const objectMeta: Schema = { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };

/**
 * Turns schemas into field types, each when it is first needed and once per compiler.
 *
 * Lists are atomic unless `x-kubernetes-list-type` or, in its absence, `x-kubernetes-patch-strategy` says otherwise; maps
 * are granular unless `x-kubernetes-map-type` is atomic. Below `x-kubernetes-preserve-unknown-fields`, fields that no
 * schema names have the deduced type.
 */
export class TypeCompiler {
  readonly #resolve: SchemaResolver;
  readonly #types = [new WeakMap<Schema, FieldType>(), new WeakMap<Schema, FieldType>()] as const;
  /** Schemas that others refer to by name: built-in types, since a custom resource's schema refers to none. */
  readonly #referenced = new WeakSet<Schema>();

  constructor(resolve: SchemaResolver) {
    this.#resolve = resolve;
  }

  /**
   * The type of a whole object: its schema, in which apiVersion, kind and metadata are those of every object even where
   * the schema (a custom resource's) leaves them open. No schema: the deduced type.
   */
  object(schema: Schema | undefined): FieldType {
    if (schema === undefined) return deducedType;
    const type = this.type(schema, false);
    const { map } = type;
    if (map === undefined) return deducedType;
    const own = this.#deref(schema).properties?.['metadata'];
    if (own?.$ref !== undefined) return type;
    return { ...type, map: { ...this.#withObjectFields(map), atomic: false } };
  }

  /** Declares what every object has: apiVersion, kind and metadata. */
  #withObjectFields(map: MapType): MapType {
    const common = new Map([
      ['apiVersion', text],
      ['kind', text],
      ['metadata', this.type(objectMeta, false)],
    ]);
    return { ...map, declared: (name) => common.get(name) ?? map.declared(name) };
  }

  /** @param preserve - whether an enclosing schema preserves unknown fields */
  type(schema: Schema, preserve: boolean): FieldType {
    const cache = this.#types[preserve ? 1 : 0];
    let type = cache.get(schema);
    if (type === undefined) cache.set(schema, (type = this.#compile(schema, preserve)));
    return type;
  }

  #compile(schema: Schema, inherited: boolean): FieldType {
    const reference = referenceOf(schema);
    if (reference !== undefined) {
      if (opaque.has(reference)) return deducedType;
      const definition = this.#resolve(reference);
      this.#referenced.add(definition);
      const target = this.type(definition, false);
      const atomic = schema['x-kubernetes-map-type'] === 'atomic';
      return atomic && target.map !== undefined ? { ...target, map: { ...target.map, atomic } } : target;
    }
    const preserve = inherited || schema['x-kubernetes-preserve-unknown-fields'] === true;
    const anything =
      schema.type === undefined || schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string';
    const map = anything || schema.type === 'object' ? this.#map(schema, preserve) : undefined;
    const embedded = schema['x-kubernetes-embedded-resource'] === true;
    return {
      scalar: anything ? 'untyped' : scalarOf(schema.type),
      list: anything || schema.type === 'array' ? this.#list(schema, preserve) : undefined,
      map: map !== undefined && embedded ? this.#withObjectFields(map) : map,
    };
  }

  #list(schema: Schema, preserve: boolean): ListType {
    const { items } = schema;
    const keys = keysOf(schema);
    const deref = (): Schema | undefined => (items === undefined ? undefined : this.#deref(items));
    const type = (): FieldType => (items === undefined ? deducedType : this.type(items, preserve));
    return {
      atomic: keys === undefined,
      keys: keys ?? [],
      get items() {
        return type();
      },
      keyDefault: (key) => deref()?.properties?.[key]?.default,
    };
  }

  #map(schema: Schema, preserve: boolean): MapType {
    const properties = schema.properties ?? {};
    const { additionalProperties } = schema;
    const builtin = schema['x-kubernetes-group-version-kind'] !== undefined || this.#referenced.has(schema);
    const declared = new Map<string, FieldType>();
    const values = (): FieldType | undefined => {
      if (typeof additionalProperties === 'object') return this.type(additionalProperties, preserve);
      const open = additionalProperties ?? (preserve || Object.keys(properties).length === 0);
      return open ? deducedType : undefined;
    };
    return {
      atomic: schema['x-kubernetes-map-type'] === 'atomic',
      declared: (name) => {
        const known = declared.get(name);
        if (known !== undefined) return known;
        const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
        if (property === undefined) return undefined;
        const type = this.type(property, preserve);
        declared.set(name, type);
        return type;
      },
      implicit: (name) => (builtin ? implicitValue(schema, name) : undefined),
      get values() {
        return values();
      },
    };
  }

  #deref(schema: Schema): Schema {
    const reference = referenceOf(schema);
    return reference === undefined ? schema : this.#deref(this.#resolve(reference));
  }
}

/** The name a schema refers to, also where the reference is the only element of `allOf`. */
function referenceOf(schema: Schema): string | undefined {
  return schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined);
}

/** The keys of an associative list (none: a set), or undefined for an atomic list. */
function keysOf(schema: Schema): readonly string[] | undefined {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return [];
    case 'map':
      return schema['x-kubernetes-list-map-keys'] ?? [];
    case undefined: {
      if (!(schema['x-kubernetes-patch-strategy'] ?? '').split(',').includes('merge')) return undefined;
      const key = schema['x-kubernetes-patch-merge-key'];
      return key === undefined ? [] : [key];
    }
    default:
      return undefined;
  }
}

function scalarOf(type: Schema['type']): ScalarType | undefined {
  if (type === 'string' || type === 'boolean') return type;
  return type === 'integer' || type === 'number' ? 'numeric' : undefined;
}

/** See `MapType.implicit`. A struct's schema says so by a default of `{}`, a required field's by `required`. */
function implicitValue(schema: Schema, name: string): Json | undefined {
  const property =
    schema.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
  if (property === undefined) return undefined;
  if (schema.required?.includes(name) === true) return property.default ?? null;
  return property.$ref !== undefined && isObject(property.default) ? property.default : undefined;
}

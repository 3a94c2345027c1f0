import type { Schema, SchemaResolver } from '../schema/schema.js';

/** What a strategic merge patch must know of one field. */
export interface PatchField {
  /** The schema of the field's members: of its properties, or of a list's items. */
  readonly members: PatchSchema;
  /** Whether a list is merged by key rather than replaced. */
  readonly merges: boolean;
  /** Whether a map is replaced rather than merged. */
  readonly replaces: boolean;
  /** The item field that identifies an item of a merged list; undefined for lists of scalars. */
  readonly mergeKey: string | undefined;
}

/**
 * A schema as a strategic merge patch sees it. Fields that the schema does not know are merged as maps and replaced as
 * lists, as JSON merge patch does.
 */
export class PatchSchema {
  readonly #schema: Schema | undefined;
  readonly #resolve: SchemaResolver;

  constructor(schema: Schema | undefined, resolve: SchemaResolver) {
    this.#schema = resolved(schema, resolve);
    this.#resolve = resolve;
  }

  field(name: string): PatchField {
    const field = this.#property(name);
    const target = resolved(field, this.#resolve);
    const strategies = (field?.['x-kubernetes-patch-strategy'] ?? '').split(',');
    return {
      members: new PatchSchema(target?.type === 'array' ? target.items : target, this.#resolve),
      merges: strategies.includes('merge'),
      replaces: strategies.includes('replace'),
      mergeKey: field?.['x-kubernetes-patch-merge-key'],
    };
  }

  #property(name: string): Schema | undefined {
    const properties = this.#schema?.properties;
    if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
    const additional = this.#schema?.additionalProperties;
    return typeof additional === 'object' ? additional : undefined;
  }
}

function resolved(schema: Schema | undefined, resolve: SchemaResolver): Schema | undefined {
  let current = schema;
  while (current?.$ref !== undefined) current = resolve(current.$ref);
  return current;
}

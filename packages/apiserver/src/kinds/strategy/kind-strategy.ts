/**
 * The strategy of a built-in kind: what the schema tells (zero values, whether there is a status) and, on top, the kind's
 * own behavior. A kind without behavior of its own is served from its schema alone.
 */
import type { JsonObject } from '@kubewright/api';
import type { DeletionOptions, FieldError, Strategy } from '../../strategy.js';
import { FieldErrors } from '../fields/field-errors.js';
import { ensureObject, equal, keep, numberAt } from '../fields/fields.js';
import type { Behavior } from './behavior.js';
import type { SchemaDefaults } from './schema-defaults.js';

export class KindStrategy implements Strategy {
  readonly hasStatus: boolean;
  readonly allowUnconditionalUpdate: boolean;
  readonly allowCreateOnUpdate: boolean;
  readonly selectableFieldNames: readonly string[];
  readonly #behavior: Behavior;
  readonly #schemaDefaults: SchemaDefaults | undefined;

  constructor(behavior: Behavior, schemaDefaults: SchemaDefaults | undefined) {
    this.#behavior = behavior;
    this.#schemaDefaults = schemaDefaults;
    this.hasStatus = behavior.hasStatus ?? schemaDefaults?.hasStatus ?? false;
    this.allowUnconditionalUpdate = behavior.allowUnconditionalUpdate ?? true;
    this.allowCreateOnUpdate = behavior.allowCreateOnUpdate ?? false;
    this.selectableFieldNames = Object.keys(behavior.selectable ?? {});
  }

  prepareForCreate(object: JsonObject): void {
    if (this.hasStatus && this.#behavior.takesStatusOnCreate !== true) {
      delete object['status'];
      this.#schemaDefaults?.apply(object);
    }
    if (this.#behavior.generation !== undefined) ensureObject(object, 'metadata')['generation'] = 1;
    this.#behavior.create?.(object);
  }

  prepareForUpdate(object: JsonObject, old: JsonObject): void {
    if (this.hasStatus) keep(object, old, 'status');
    this.#behavior.update?.(object, old);
    this.#countGeneration(object, old);
  }

  applyDefaults(object: JsonObject): void {
    this.#schemaDefaults?.apply(object);
    this.#behavior.defaults?.(object);
  }

  validate(object: JsonObject): FieldError[] {
    const errors = new FieldErrors();
    this.#behavior.validate?.(object, errors);
    return errors.list;
  }

  validateUpdate(object: JsonObject, old: JsonObject): FieldError[] {
    const errors = new FieldErrors();
    this.#behavior.validateUpdate?.(object, old, errors);
    return errors.list;
  }

  warnings(object: JsonObject): string[] {
    return this.#behavior.warnings?.(object) ?? [];
  }

  selectableFields(object: JsonObject): Readonly<Record<string, string>> {
    const values: Record<string, string> = {};
    for (const [name, read] of Object.entries(this.#behavior.selectable ?? {})) values[name] = read(object);
    return values;
  }

  gracePeriod(object: JsonObject, options: DeletionOptions): number | undefined {
    return this.#behavior.gracePeriod?.(object, options);
  }

  /** Any change of the fields that the kind names is a new generation; otherwise the old number stays, whatever a client sent. */
  #countGeneration(object: JsonObject, old: JsonObject): void {
    const rule = this.#behavior.generation;
    const metadata = ensureObject(object, 'metadata');
    const before = ensureObject(old, 'metadata');
    keep(metadata, before, 'generation');
    if (rule === undefined) return;
    const fields =
      rule === 'all'
        ? [...new Set([...Object.keys(object), ...Object.keys(old)])].filter((key) => !bookkeeping.has(key))
        : rule;
    if (fields.some((field) => !equal(object[field], old[field]))) {
      metadata['generation'] = (numberAt(before, 'generation') ?? 0) + 1;
    }
  }
}

const bookkeeping = new Set(['apiVersion', 'kind', 'metadata', 'status']);

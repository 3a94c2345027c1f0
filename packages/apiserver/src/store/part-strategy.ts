import type { JsonObject } from '@kubewright/api';
import { setOwn } from '@kubewright/api/json';
import { metadataOf } from '../object/object-bytes.js';
import type { DeletionOptions, FieldError, Strategy } from '../strategy.js';

/** The strategy of a subresource that changes one part of an object and nothing else, as `finalize` of a namespace. */
export class PartStrategy implements Strategy {
  readonly hasStatus = true;
  readonly allowUnconditionalUpdate = true;
  readonly allowCreateOnUpdate = false;
  readonly selectableFieldNames: readonly string[];
  readonly #main: Strategy;
  readonly #take: (object: JsonObject, old: JsonObject) => void;

  /** @param take - copies the part from a sent object into a copy of the old one. */
  constructor(main: Strategy, take: (sent: JsonObject, next: JsonObject) => void) {
    this.#main = main;
    this.#take = take;
    this.selectableFieldNames = main.selectableFieldNames;
  }

  prepareForCreate(object: JsonObject): void {
    this.#main.prepareForCreate(object);
  }

  prepareForUpdate(object: JsonObject, old: JsonObject): void {
    const { managedFields } = metadataOf(object);
    const next = structuredClone(old);
    this.#take(object, next);
    if (managedFields !== undefined) metadataOf(next)['managedFields'] = managedFields;
    for (const key of Object.keys(object)) delete object[key];
    for (const [key, value] of Object.entries(next)) setOwn(object, key, value);
  }

  applyDefaults(object: JsonObject): void {
    this.#main.applyDefaults(object);
  }

  validate(object: JsonObject): FieldError[] {
    return this.#main.validate(object);
  }

  validateUpdate(): FieldError[] {
    return [];
  }

  warnings(): string[] {
    return [];
  }

  selectableFields(object: JsonObject): Readonly<Record<string, string>> {
    return this.#main.selectableFields(object);
  }

  gracePeriod(object: JsonObject, options: DeletionOptions): number | undefined {
    return this.#main.gracePeriod(object, options);
  }
}

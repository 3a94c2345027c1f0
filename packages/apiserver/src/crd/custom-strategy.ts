import { applySchemaDefaults, validateValue } from '@kubewright/api';
import type { JsonObject, MutableJson } from '@kubewright/api';
import { deepEqual } from '@kubewright/api/json';
import { isJsonObject, metadataOf, shown } from '../object/object-bytes.js';
import type { FieldError, Strategy } from '../strategy.js';
import type { DefinitionVersion } from './definition.js';

/** The strategy of one version of a custom resource: its schema is all there is to know. */
export class CustomStrategy implements Strategy {
  readonly hasStatus: boolean;
  readonly allowUnconditionalUpdate = false;
  readonly allowCreateOnUpdate = false;
  readonly selectableFieldNames: readonly string[];
  readonly #version: DefinitionVersion;

  constructor(version: DefinitionVersion) {
    this.#version = version;
    this.hasStatus = version.hasStatus;
    this.selectableFieldNames = version.selectableFields.map((path) => path.replace(/^\./, ''));
  }

  prepareForCreate(object: JsonObject): void {
    if (this.hasStatus) delete object['status'];
    metadataOf(object)['generation'] = 1;
  }

  prepareForUpdate(object: JsonObject, old: JsonObject): void {
    if (this.hasStatus) {
      if (old['status'] === undefined) delete object['status'];
      else object['status'] = old['status'];
    }
    const before = metadataOf(old)['generation'];
    const generation = typeof before === 'number' ? before : 1;
    metadataOf(object)['generation'] = this.#sameContent(object, old) ? generation : generation + 1;
  }

  applyDefaults(object: JsonObject): void {
    applySchemaDefaults(this.#version.schema, object);
  }

  validate(object: JsonObject): FieldError[] {
    return validateValue(this.#version.schema, object);
  }

  validateUpdate(): FieldError[] {
    return [];
  }

  warnings(): string[] {
    return [];
  }

  selectableFields(object: JsonObject): Readonly<Record<string, string>> {
    const fields: Record<string, string> = {};
    for (const name of this.selectableFieldNames) {
      let value: MutableJson | undefined = object;
      for (const step of name.split('.'))
        value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
      fields[name] = value === undefined || value === null ? '' : shown(value);
    }
    return fields;
  }

  gracePeriod(): undefined {
    return undefined;
  }

  /** Whether all but metadata, and the status where it is a subresource, is the same. */
  #sameContent(object: JsonObject, old: JsonObject): boolean {
    const content = (whole: JsonObject): JsonObject => {
      const rest = { ...whole };
      delete rest['metadata'];
      if (this.hasStatus) delete rest['status'];
      return rest;
    };
    return deepEqual(content(object), content(old));
  }
}

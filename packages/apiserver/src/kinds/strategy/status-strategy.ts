/**
 * The strategy of the `status` subresource: it changes nothing but the status. Metadata stays what it was, except the
 * bookkeeping the store keeps itself, and labels and annotations where agents are known to write them with the status.
 */
import type { JsonObject } from '@kubewright/api';
import type { DeletionOptions, FieldError, Strategy } from '../../strategy.js';
import { ensureObject, keep } from '../fields/fields.js';

/** Written by every update, whatever it may change. */
const bookkeeping = ['resourceVersion', 'managedFields'];
/** What a kubelet writes together with a pod's or node's status. */
const agentMetadata = ['labels', 'annotations', 'finalizers'];

export class StatusStrategy implements Strategy {
  readonly hasStatus = true;
  readonly allowCreateOnUpdate = false;
  readonly allowUnconditionalUpdate: boolean;
  readonly selectableFieldNames: readonly string[];
  readonly #main: Strategy;
  readonly #metadata: readonly string[];

  /** @param keepsMetadata - whether labels, annotations and finalizers stay what they were too. Default: true. */
  constructor(main: Strategy, keepsMetadata = true) {
    this.#main = main;
    this.#metadata = keepsMetadata ? bookkeeping : [...bookkeeping, ...agentMetadata];
    this.allowUnconditionalUpdate = main.allowUnconditionalUpdate;
    this.selectableFieldNames = main.selectableFieldNames;
  }

  prepareForCreate(object: JsonObject): void {
    this.#main.prepareForCreate(object);
  }

  prepareForUpdate(object: JsonObject, old: JsonObject): void {
    for (const key of new Set([...Object.keys(object), ...Object.keys(old)])) {
      if (key !== 'status' && key !== 'metadata') keep(object, old, key);
    }
    const sent = ensureObject(object, 'metadata');
    const metadata: JsonObject = { ...ensureObject(old, 'metadata') };
    for (const key of this.#metadata) keep(metadata, sent, key);
    object['metadata'] = metadata;
  }

  applyDefaults(object: JsonObject): void {
    this.#main.applyDefaults(object);
  }

  /** The rest of the object was valid when it was written and has not changed. */
  validate(): FieldError[] {
    return [];
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

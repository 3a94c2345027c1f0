/**
 * What the generic store must know of one kind to create, update and delete its objects: upstream's "strategy". Built-in
 * kinds and custom resources implement the same interface, so there is one store for all. A strategy is pure: it changes
 * only the object it is handed, and reads nothing else.
 */
import type { FieldError, JsonObject } from '@kubewright/api';

export type { FieldError };

export interface DeletionOptions {
  readonly gracePeriodSeconds?: number;
}

export interface Strategy {
  /** Sets what the server decides at creation (generation, an empty status …) and drops what a client may not set. */
  prepareForCreate(object: JsonObject): void;
  /** Keeps what an update may not change (status, immutable bookkeeping) and raises `metadata.generation` where the kind's rule says so. */
  prepareForUpdate(object: JsonObject, old: JsonObject): void;
  /** Fills in defaults; runs on every write before validation, and on reads of versions stored without them. */
  applyDefaults(object: JsonObject): void;
  /** Everything wrong with a new object except its metadata, which the store checks itself. */
  validate(object: JsonObject): FieldError[];
  /** Everything wrong with a change (immutable fields and the like), in addition to `validate`. */
  validateUpdate(object: JsonObject, old: JsonObject): FieldError[];
  /** Warnings that a write answers with, as for deprecated fields. */
  warnings(object: JsonObject, old: JsonObject | undefined): string[];
  /** The fields beside `metadata.name` and `metadata.namespace` that a field selector may name, with their values here. */
  selectableFields(object: JsonObject): Readonly<Record<string, string>>;
  /** Names a field selector may use beside the two of metadata. */
  readonly selectableFieldNames: readonly string[];
  /** Whether an update without resourceVersion is allowed. */
  readonly allowUnconditionalUpdate: boolean;
  /** Whether an update of an absent object creates it. */
  readonly allowCreateOnUpdate: boolean;
  /** The seconds an object stays after a delete until its agent confirms (Pods); undefined: it goes at once. */
  gracePeriod(object: JsonObject, options: DeletionOptions): number | undefined;
  /** Whether the status is written through its own subresource alone, and everything else through the main resource alone. */
  readonly hasStatus: boolean;
}

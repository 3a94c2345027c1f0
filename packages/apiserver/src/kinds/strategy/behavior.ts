/**
 * How the rules of a built-in kind are written down (`Behavior`), and the strategies that the store drives, made of
 * them and of schemas.
 */
import type { GroupVersionKind, JsonObject } from '@kubewright/api';
import type { DeletionOptions } from '../../strategy.js';
import type { FieldErrors } from '../fields/field-errors.js';

/** The syntax that an object's name must have. */
export type NameFormat = 'subdomain' | 'label' | 'label1035' | 'pathSegment';

/**
 * What one built-in kind adds to the strategy that its schema gives it. Everything may be left out: the schema knows the
 * zero values that are always written, and whether there is a status.
 */
export interface Behavior extends GroupVersionKind {
  /** Default: `subdomain`. */
  readonly nameFormat?: NameFormat;
  /** What raises `metadata.generation`: a change of the listed top-level fields, or of anything but metadata and status. Default: nothing, and no generation is written. */
  readonly generation?: readonly string[] | 'all';
  /** Whether the status is a subresource, which writes to the object itself leave alone. Default: whether the schema has one. */
  readonly hasStatus?: boolean;
  /** Whether a new object may bring its status along, as a Node that registers itself does. Default: false. */
  readonly takesStatusOnCreate?: boolean;
  /** Default: true. */
  readonly allowUnconditionalUpdate?: boolean;
  /** Default: false. */
  readonly allowCreateOnUpdate?: boolean;
  /** Values for field selectors, by field. */
  readonly selectable?: Readonly<Record<string, (object: JsonObject) => string>>;
  defaults?(object: JsonObject): void;
  /** Runs after the status was emptied and the generation set. */
  create?(object: JsonObject): void;
  /** Runs after the status was taken from the old object and before the generation is compared. */
  update?(object: JsonObject, old: JsonObject): void;
  validate?(object: JsonObject, errors: FieldErrors): void;
  validateUpdate?(object: JsonObject, old: JsonObject, errors: FieldErrors): void;
  warnings?(object: JsonObject): string[];
  gracePeriod?(object: JsonObject, options: DeletionOptions): number | undefined;
}

/** Decorators for the shape of a custom resource's fields, and for what is Kubernetes' own; those of plain values are in `value-decorators`. */
import type { Json, ValidationRule } from '@kubewright/api';
import { addFieldFacts } from './field-metadata.js';
import type { Constructor, ElementType, FieldFacts } from './field-metadata.js';

function fieldDecorator(facts: FieldFacts): PropertyDecorator {
  return (prototype, field) => {
    if (typeof field === 'string') addFieldFacts(prototype, field, facts);
  };
}

/** A field that is an object of another class: `@Nested(() => Probe) probe?: Probe`. */
export function Nested(of: () => Constructor): PropertyDecorator {
  return fieldDecorator({ shape: { kind: 'object', of } });
}

export interface ListOfOptions {
  /**
   * How server-side apply merges the list: `atomic` (default) replaces it whole, `set` treats scalar items as a set,
   * `map` merges items by their keys.
   */
  readonly type?: 'atomic' | 'set' | 'map';
  /** The item fields that identify an item; for `map` only. */
  readonly keys?: readonly string[];
}

/** A list of scalars or objects: `@ListOf('string')`, `@ListOf(() => Rule, { type: 'map', keys: ['name'] })`. */
export function ListOf(of: ElementType, { type = 'atomic', keys }: ListOfOptions = {}): PropertyDecorator {
  return fieldDecorator({ shape: { kind: 'list', of, listType: type, ...(keys && { mapKeys: keys }) } });
}

/** A map from any key to scalars or objects: `@MapOf('string') labels: Record<string, string> = {}`. */
export function MapOf(of: ElementType): PropertyDecorator {
  return fieldDecorator({ shape: { kind: 'map', of } });
}

/** An amount such as `500m` or `2Gi`. */
export function IsQuantity(): PropertyDecorator {
  const pattern = String.raw`^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$`;
  return fieldDecorator({
    shape: {
      kind: 'schema',
      schema: { anyOf: [{ type: 'integer' }, { type: 'string' }], pattern, 'x-kubernetes-int-or-string': true },
    },
  });
}

/** A number or a string, as a port by number or name, or a count by number or percentage. */
export function IsIntOrString(): PropertyDecorator {
  return fieldDecorator({
    shape: {
      kind: 'schema',
      schema: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
    },
  });
}

/** A free-form object: nothing in it is pruned or checked. */
export function PreserveUnknownFields(): PropertyDecorator {
  return fieldDecorator({
    shape: { kind: 'schema', schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  });
}

/** The text that `kubectl explain` shows. */
export function Description(description: string): PropertyDecorator {
  return fieldDecorator({ extra: { description } });
}

/** A value that the schema names as an example. */
export function Example(example: Json): PropertyDecorator {
  return fieldDecorator({ extra: { example } });
}

/** CEL rules on the field's value: `@Rule({ rule: 'self == oldSelf', message: 'is immutable' })`. Those of several hold all. */
export function Rule(...rules: readonly ValidationRule[]): PropertyDecorator {
  return fieldDecorator({ rules });
}

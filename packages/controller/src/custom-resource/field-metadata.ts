/** What our own decorators say about the fields of a class; class-validator keeps what its own say. */
import type { Schema } from '@kubewright/api';

export type Constructor<T = object> = abstract new (...args: never[]) => T;

/** The type of a field, where class-validator has no word for it. Classes are given as functions, so that they may be declared later. */
export type FieldShape =
  | { readonly kind: 'object'; readonly of: () => Constructor }
  | {
      readonly kind: 'list';
      readonly of: ElementType;
      readonly listType: 'atomic' | 'set' | 'map';
      readonly mapKeys?: readonly string[];
    }
  | { readonly kind: 'map'; readonly of: ElementType }
  | { readonly kind: 'schema'; readonly schema: Schema };

/** A scalar by name, or a class. */
export type ElementType = 'string' | 'integer' | 'number' | 'boolean' | (() => Constructor);

export interface FieldFacts {
  shape?: FieldShape;
  /** Merged into the field's schema last. */
  extra?: Schema;
}

const factsByClass = new WeakMap<object, Map<string, FieldFacts>>();

export function addFieldFacts(prototype: object, field: string, facts: FieldFacts): void {
  const fields = factsByClass.get(prototype) ?? new Map<string, FieldFacts>();
  factsByClass.set(prototype, fields);
  const before = fields.get(field) ?? {};
  fields.set(field, {
    ...before,
    ...facts,
    ...(before.extra && facts.extra && { extra: { ...before.extra, ...facts.extra } }),
  });
}

/** The facts of a class and its ancestors; the class's own win. */
export function fieldFactsOf(target: Constructor): Map<string, FieldFacts> {
  const result = new Map<string, FieldFacts>();
  for (
    let prototype: unknown = target.prototype;
    typeof prototype === 'object' && prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const [field, facts] of factsByClass.get(prototype) ?? []) if (!result.has(field)) result.set(field, facts);
  }
  return result;
}

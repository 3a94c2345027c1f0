/** What our own decorators say about the fields of a class; class-validator keeps what its own say. */
import type { Schema, ValidationRule } from '@kubewright/api';
import { controllerErrors } from '../errors/controller-errors.js';
import type { RuleSchema } from './validator-rules.js';

export type Constructor<T = object> = abstract new (...args: never[]) => T;

/** The type of a field that is more than a scalar. Classes are given as functions, so that they may be declared later. */
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
  /** CEL; all of them hold. */
  rules?: readonly ValidationRule[];
  /** Of the value, or of each item; all of them hold. */
  limits?: readonly RuleSchema[];
  optional?: boolean;
}

const factsByClass = new WeakMap<object, Map<string, FieldFacts>>();

/** Decorators run from the last to the first: what comes here later stands further up. */
export function addFieldFacts(prototype: object, field: string, facts: FieldFacts): void {
  const fields = factsByClass.get(prototype) ?? new Map<string, FieldFacts>();
  factsByClass.set(prototype, fields);
  const before = fields.get(field) ?? {};
  const repeated = [
    ...(before.shape && facts.shape ? ['type'] : []),
    ...Object.keys(facts.extra ?? {}).filter((key) => before.extra && key in before.extra),
  ];
  if (repeated.length > 0)
    throw controllerErrors.FIELD_DECORATED_TWICE({
      className: prototype.constructor.name,
      field,
      what: repeated.join(', '),
    });
  fields.set(field, combine(facts, before));
}

/** The facts of a class and its ancestors: the class's own win, and rules and limits of both hold. */
export function fieldFactsOf(target: Constructor): Map<string, FieldFacts> {
  const result = new Map<string, FieldFacts>();
  for (
    let prototype: unknown = target.prototype;
    typeof prototype === 'object' && prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const [field, inherited] of factsByClass.get(prototype) ?? []) {
      const { rules = [], limits = [], ...own } = result.get(field) ?? {};
      const combined = combine(
        { ...inherited, ...own, extra: { ...inherited.extra, ...own.extra } },
        { rules, limits },
      );
      result.set(field, combined);
    }
  }
  return result;
}

function combine(first: FieldFacts, second: FieldFacts): FieldFacts {
  const { rules: firstRules = [], limits: firstLimits = [], ...own } = first;
  const { rules: secondRules = [], limits: secondLimits = [], ...other } = second;
  const rules = [...firstRules, ...secondRules];
  const limits = [...firstLimits, ...secondLimits];
  return {
    ...other,
    ...own,
    ...((own.extra ?? other.extra) && { extra: { ...other.extra, ...own.extra } }),
    ...(rules.length > 0 && { rules }),
    ...(limits.length > 0 && { limits }),
  };
}

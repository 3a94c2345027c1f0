/** Several schemas of one value as one that demands all of them. */
import type { Schema } from '@kubewright/api';

/** What only restricts values, and so may stand in `allOf`. A limit and whether it counts itself belong together. */
const restrictions = [
  ['minimum', 'exclusiveMinimum'],
  ['maximum', 'exclusiveMaximum'],
  ['minLength'],
  ['maxLength'],
  ['minItems'],
  ['maxItems'],
  ['pattern'],
  ['format'],
  ['enum'],
  ['multipleOf'],
] as const;

/** The first restriction of a kind stands in the schema itself, a further one that says something else in `allOf`. */
export function restrict(parts: readonly Schema[]): Schema {
  let result: Schema = {};
  const further: Schema[] = [];
  for (const part of parts) {
    const rest: Record<string, unknown> = { ...part };
    for (const group of restrictions) {
      const own = group.filter((key) => rest[key] !== undefined);
      const isTaken = own.length > 0 && group.some((key) => result[key] !== undefined);
      if (!isTaken) continue;
      const differs = group.some((key) => JSON.stringify(rest[key]) !== JSON.stringify(result[key]));
      if (differs) further.push(Object.fromEntries(own.map((key) => [key, rest[key]])));
      for (const key of own) delete rest[key];
    }
    result = { ...result, ...rest };
  }
  return further.length > 0 ? { ...result, allOf: [...(result.allOf ?? []), ...further] } : result;
}

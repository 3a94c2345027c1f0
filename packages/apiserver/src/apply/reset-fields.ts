import { FieldSet } from './field-set.js';

/** What a write to one half of an object resets in the other, so that nobody owns it there. */
export function resetFields(hasStatus: boolean): ReadonlyMap<string, FieldSet> {
  return new Map(
    hasStatus
      ? [
          ['', FieldSet.of(['f:status'])],
          ['status', FieldSet.of(['f:spec'])],
        ]
      : [],
  );
}

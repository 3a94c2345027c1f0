/** What of a status has to be written, and how: the fields that differ, as a merge patch that also takes away. */
import { isRecord, isSemanticallyEqual } from '../objects/semantic-equal.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a status that are to be written, as a merge patch; undefined where it says the same already. A field that is
 * undefined in `next` is taken off. A map is set as a whole: what `next` does not have of it is taken off.
 *
 * @param dropsZeros - whether the server keeps no zeros, empty texts, false and empty lists apart from absent fields, as those
 * of built-in kinds do: such a field counts as equal to an absent one then, and would be written in every run otherwise.
 */
export function changedFields(current: Fields, next: Fields, dropsZeros: boolean): Record<string, unknown> | undefined {
  const zeroless = (value: unknown): unknown => (dropsZeros && isZero(value) ? undefined : value);
  const changed = Object.entries(next).filter(([field, value]) => !isSame(zeroless(current[field]), zeroless(value)));
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map(([field, value]) => [field, replacing(current[field], value)]));

  function isSame(before: unknown, after: unknown): boolean {
    // A custom resource keeps an empty list and an empty map as what they are.
    if (!dropsZeros && isAbsent(before) !== isAbsent(after)) return false;
    return isSemanticallyEqual(before, after);
  }
}

/** The merge patch that makes a field this value, whatever of `before` it does not have. */
function replacing(before: unknown, value: unknown): unknown {
  if (value === undefined) return null;
  if (!isRecord(value) || !isRecord(before)) return value;
  const fields = new Set([...Object.keys(before), ...Object.keys(value)]);
  return Object.fromEntries([...fields].map((field) => [field, replacing(before[field], value[field])]));
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isZero(value: unknown): boolean {
  return value === 0 || value === '' || value === false;
}

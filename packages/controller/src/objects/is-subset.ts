/**
 * Whether everything in `wanted` is so in `actual` already. Objects may have more fields, which the server or others filled in;
 * lists must have the same length and order, item by item.
 */
export function isSubset(wanted: unknown, actual: unknown): boolean {
  if (Object.is(wanted, actual)) return true;
  if (Array.isArray(wanted))
    return (
      Array.isArray(actual) &&
      wanted.length === actual.length &&
      wanted.every((item, index) => isSubset(item, actual[index]))
    );
  if (!isRecord(wanted) || !isRecord(actual)) return false;
  return Object.entries(wanted).every(([key, value]) => value === undefined || isSubset(value, actual[key]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

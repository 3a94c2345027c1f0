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

/**
 * Whether an applied object is so in the cache: as `isSubset`, but of the lists of the metadata that several parties share
 * (owners, finalizers) the own items only have to be among them, wherever they are. That is what an apply sees to.
 */
export function isApplied(wanted: object, actual: object): boolean {
  const [own, found] = [wanted, actual] as { readonly metadata?: unknown }[];
  const [mine, theirs] = [own?.metadata, found?.metadata];
  if (!isRecord(mine) || !isRecord(theirs)) return isSubset(wanted, actual);
  const { ownerReferences, finalizers, ...metadata } = mine;
  return (
    isAmong(ownerReferences, theirs['ownerReferences']) &&
    isAmong(finalizers, theirs['finalizers']) &&
    isSubset({ ...wanted, metadata }, actual)
  );
}

function isAmong(wanted: unknown, actual: unknown): boolean {
  if (!Array.isArray(wanted)) return wanted === undefined;
  return wanted.every((item) => Array.isArray(actual) && actual.some((other) => isSubset(item, other)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

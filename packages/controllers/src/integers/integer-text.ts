/**
 * Integers that stand as text in annotations and labels. They may have 64 bits, which a number cannot hold: those stay BigInt
 * until they are text again.
 */

const pattern = /^[+-]?\d{1,30}$/;

/** The integer that a text is, as Go reads one of 64 bits; undefined where it is none or is larger. */
export function int64Of(text: string | undefined): bigint | undefined {
  if (text === undefined || !pattern.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** The same for 32 bits, as a number. */
export function int32Of(text: string | undefined): number | undefined {
  const value = int64Of(text);
  return value === undefined || BigInt.asIntN(32, value) !== value ? undefined : Number(value);
}

export function compareIntegers(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Ids have 32 bits, and the last of them means none. */
const largestId = 2n ** 32n - 2n;

/**
 * The number that a user or group is given as, which may be one that nobody can have; undefined for a name. Whatever the
 * files of an image say, a number is never a name: a line `1000:x:0:0` must not turn user 1000 into root (CVE-2016-3697).
 * Signs and zeros before a number are read as kubelets and other runtimes read them.
 */
export function userNumber(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const digits = text.replace(/^[+-]?0*(?=\d)/, '');
  // More digits than any id has need not be worked out.
  const value = digits.length > 20 ? 2n ** 64n : BigInt(digits);
  return text.startsWith('-') ? -value : value;
}

/** Whether a number can be the id of a user or group. */
export function isId(number: bigint | undefined): number is bigint {
  return number !== undefined && number >= 0n && number <= largestId;
}

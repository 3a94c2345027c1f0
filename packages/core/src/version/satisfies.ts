/**
 * Version ranges as package.json writes them: `^`, `~`, comparisons, `x` and `*`, spaces for "and", `||` for "or".
 * Hyphen ranges are not understood.
 */

interface Version {
  readonly numbers: readonly [number, number, number];
  readonly prerelease: readonly string[];
}

const versionPattern = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;
const partPattern =
  /^(\^|~|>=|<=|>|<|=)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * Whether a version lies in a range. As in npm, a prerelease fits only where the range names a prerelease of the same
 * three numbers. A version or range that cannot be read fits nothing.
 */
export function satisfies(version: string, range: string): boolean {
  const parsed = parseVersion(version);
  return parsed !== undefined && range.split('||').some((alternative) => satisfiesAll(parsed, alternative.trim()));
}

function satisfiesAll(version: Version, alternative: string): boolean {
  const parts = alternative.replace(/(\^|~|>=|<=|>|<|=)\s+/g, '$1').split(/\s+/);
  const bounds = parts.map((part) => (part === '' ? parsePart('*') : parsePart(part)));
  if (bounds.some((bound) => bound === undefined)) return false;
  if (version.prerelease.length > 0) {
    const named = bounds.some(
      (bound) => bound?.prereleaseOf !== undefined && compareNumbers(bound.prereleaseOf, version.numbers) === 0,
    );
    if (!named) return false;
  }
  return bounds.every((bound) => bound?.fits(version));
}

interface Bound {
  /** The numbers of the prerelease that the range names, if it names one. */
  readonly prereleaseOf?: Version['numbers'];
  fits(version: Version): boolean;
}

function parsePart(part: string): Bound | undefined {
  const match = partPattern.exec(part);
  if (!match) return undefined;
  const [, operator = '', ...rest] = match;
  const given = rest.slice(0, 3).map((text) => (text === undefined || /[xX*]/.test(text) ? undefined : Number(text)));
  const [major, minor, patch] = given;
  const low: Version = { numbers: [major ?? 0, minor ?? 0, patch ?? 0], prerelease: rest[3]?.split('.') ?? [] };
  const marked = low.prerelease.length > 0 ? { prereleaseOf: low.numbers } : {};
  const next = nextAfter(operator, major, minor, patch);
  const atLeast = (version: Version): boolean => compare(version, low) >= 0;
  const below = (version: Version): boolean => next === undefined || compareNumbers(version.numbers, next) < 0;
  switch (operator) {
    case '>=':
      return { ...marked, fits: atLeast };
    case '<':
      return { ...marked, fits: (version) => compare(version, low) < 0 };
    case '>':
      return {
        ...marked,
        fits: patch === undefined ? (version) => !below(version) : (version) => compare(version, low) > 0,
      };
    case '<=':
      return { ...marked, fits: patch === undefined ? below : (version) => compare(version, low) <= 0 };
    default:
      return {
        ...marked,
        fits: exact(operator, patch)
          ? (version) => compare(version, low) === 0
          : (version) => atLeast(version) && below(version),
      };
  }
}

const exact = (operator: string, patch: number | undefined): boolean =>
  (operator === '' || operator === '=') && patch !== undefined;

/** The first numbers that a caret, a tilde or an incomplete version no longer admits; undefined where all are admitted. */
function nextAfter(operator: string, major?: number, minor?: number, patch?: number): Version['numbers'] | undefined {
  if (major === undefined) return undefined;
  if (minor === undefined || (operator === '^' && major > 0)) return [major + 1, 0, 0];
  if (operator === '^' && minor === 0 && patch !== undefined) return [0, 0, patch + 1];
  return [major, minor + 1, 0];
}

function parseVersion(text: string): Version | undefined {
  const match = versionPattern.exec(text.trim());
  return match
    ? { numbers: [Number(match[1]), Number(match[2]), Number(match[3])], prerelease: match[4]?.split('.') ?? [] }
    : undefined;
}

function compareNumbers(left: Version['numbers'], right: Version['numbers']): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

function compare(left: Version, right: Version): number {
  return compareNumbers(left.numbers, right.numbers) || comparePrerelease(left.prerelease, right.prerelease);
}

/** A release is above its prereleases; numbers are below words; more parts are above fewer. */
function comparePrerelease(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [one, other] = [left[index], right[index]];
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    if (one === other) continue;
    const [oneNumber, otherNumber] = [/^\d+$/.test(one), /^\d+$/.test(other)];
    if (oneNumber && otherNumber) return Number(one) - Number(other);
    if (oneNumber !== otherNumber) return oneNumber ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return 0;
}

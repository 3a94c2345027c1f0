import type { Random } from '@kubewright/core';

/** Choices from a seeded generator. */
export class Choices {
  constructor(readonly random: Random) {}

  below(limit: number): number {
    return Math.floor(this.random.next() * limit);
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  of<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError('nothing to choose from');
    return value;
  }

  /** Text of a few characters, some of which mean something to somebody. */
  text(longest = 12): string {
    const characters = 'abcxyz019-_./%"\\{}[]:,*é\u0000😀 \n';
    return Array.from({ length: this.below(longest + 1) }, () => this.of([...characters])).join('');
  }

  /** JSON of limited depth. */
  json(depth = 3): unknown {
    const kinds = depth > 0 ? 8 : 6;
    switch (this.below(kinds)) {
      case 0:
        return null;
      case 1:
        return this.chance(0.5);
      case 2:
        return this.of([0, -1, 1, 3.5, 2 ** 53, -(2 ** 31), 1e300]);
      case 3:
      case 4:
        return this.text();
      case 5:
        return this.of(['', 'default', '__proto__', 'true', '10Gi', '2026-01-01T00:00:00Z']);
      case 6:
        return Array.from({ length: this.below(4) }, () => this.json(depth - 1));
      default:
        return Object.fromEntries(
          Array.from({ length: this.below(4) }, () => [
            this.of(['a', 'name', '__proto__', 'constructor', this.text(5)]),
            this.json(depth - 1),
          ]),
        );
    }
  }
}

import { describe, expect, it } from 'vitest';
import { SeededRandom } from '@kubewright/core/testing';
import { SortedMap, prefixEnd } from './sorted-map.js';

const all = (map: { range(start: string, end: string): Iterable<number> }): number[] => [...map.range('', '\uffff')];

describe('SortedMap', () => {
  it('agrees with a plain map under random writes, and snapshots keep what they saw', () => {
    const random = new SeededRandom(7);
    const map = new SortedMap<number>();
    const model = new Map<string, number>();
    const snapshots: { view: { range(s: string, e: string): Iterable<number> }; expected: number[] }[] = [];
    const sorted = (): [string, number][] => [...model].sort(([a], [b]) => (a < b ? -1 : 1));
    for (let step = 0; step < 5000; step++) {
      const key = `k${Math.floor(random.next() * 700)}`;
      if (random.next() < 0.6) {
        expect(map.set(key, step)).toBe(model.get(key));
        model.set(key, step);
      } else {
        expect(map.delete(key)).toBe(model.get(key));
        model.delete(key);
      }
      expect(map.size).toBe(model.size);
      if (step % 500 === 0) snapshots.push({ view: map.snapshot(), expected: sorted().map(([, value]) => value) });
    }
    expect(all(map)).toEqual(sorted().map(([, value]) => value));
    for (const { view, expected } of snapshots) expect([...view.range('', '\uffff')]).toEqual(expected);
    const inRange = sorted().filter(([key]) => key >= 'k2' && key < 'k5');
    expect([...map.range('k2', 'k5')]).toEqual(inRange.map(([, value]) => value));
    expect(map.count('k2', 'k5')).toBe(inRange.length);
    for (const [key, value] of model) expect(map.get(key)).toBe(value);
  });

  it('covers a prefix with prefixEnd', () => {
    const map = new SortedMap<number>();
    ['/a/', '/a/x', '/a0', '/b/x'].forEach((key, index) => map.set(key, index));
    expect([...map.range('/a/', prefixEnd('/a/'))]).toEqual([0, 1]);
  });
});

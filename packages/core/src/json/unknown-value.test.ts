import { describe, expect, it } from 'vitest';
import { isOneOf, isRecord, keysOf, parseTrusted, recordOf } from './unknown-value.js';

describe('a value of an unknown type', () => {
  it('is a record where it has fields, and no list', () => {
    expect([{}, { a: 1 }, Object.create(null)].every(isRecord)).toBe(true);
    expect([null, undefined, [], 'text', 1].some(isRecord)).toBe(false);
  });

  it('has no fields where it is no record', () => {
    expect(recordOf({ a: 1 })['a']).toBe(1);
    expect([recordOf(null), recordOf([1]), recordOf('a')]).toEqual([{}, {}, {}]);
  });

  it('is found in a closed list', () => {
    expect([isOneOf(['a', 'b'], 'b'), isOneOf(['a', 'b'], 'c'), isOneOf(['1'], 1)]).toEqual([true, false, false]);
  });

  it('is read with its names', () => {
    expect(keysOf(parseTrusted<{ a: number }>('{"a":1}'))).toEqual(['a']);
  });
});

import type { Json } from '../json/json.js';
import { describe, expect, it } from 'vitest';
import type { ReadonlyJsonObject } from '../json/json-value.js';
import { applyMergePatch } from './merge-patch.js';

describe('applyMergePatch', () => {
  it.each<readonly [original: ReadonlyJsonObject, patch: Json, result: Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [{ a: 'foo' }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
    [{}, { a: [null, { b: null }] }, { a: [null, { b: null }] }],
  ])('%j patched with %j', (original, patch, result) => {
    const before = structuredClone({ original, patch });
    expect(applyMergePatch(original, patch)).toEqual(result);
    expect({ original, patch }).toEqual(before);
  });

  it.each([[null], [[]], ['text'], [1]])('answers 400 for %j', (patch) => {
    expect(() => applyMergePatch({}, patch)).toThrow('a JSON merge patch is an object');
  });

  it('shares nothing with its arguments', () => {
    const original = { kept: { a: 1 } };
    const patch = { added: [{ b: 1 }] };
    const result = applyMergePatch(original, patch);
    expect(result['kept']).not.toBe(original.kept);
    expect(result['added']).not.toBe(patch.added);
  });

  it('keeps __proto__ an ordinary key', () => {
    const result = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}') as Json);
    expect(JSON.stringify(result)).toBe('{"__proto__":{"polluted":true}}');
    expect('polluted' in {}).toBe(false);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });
});

import type { ReadonlyJsonObject } from '@kubewright/api/json';
import { applyMergePatch } from '@kubewright/api/patch';
import { describe, expect, it } from 'vitest';
import { changedFields } from './changed-fields.js';

describe('changedFields', () => {
  it.each([
    ['zeros of a built-in kind', { replicas: 1, ready: 0 }, { replicas: 1 }, true],
    ['an empty list of a built-in kind', { conditions: [] }, {}, true],
    ['the same map in another order', { a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, false],
    ['nothing to remove', { error: undefined }, { ready: true }, false],
    ['null, which servers answer for what is absent', { list: [{ a: 1 }] }, { list: [{ a: 1, time: null }] }, false],
  ])('writes nothing for %s', (_what, next, current, dropsZeros) => {
    expect(changedFields(current, next, dropsZeros)).toBeUndefined();
  });

  it.each<[string, object, ReadonlyJsonObject, boolean]>([
    ['a zero that a custom resource does not have yet', { ready: 0 }, {}, false],
    ['an empty list that a custom resource does not have yet', { hosts: [] }, {}, false],
    ['a zero over another number', { ready: 0 }, { ready: 1 }, true],
    ['a field that is over', { error: undefined }, { error: { message: 'no' } }, false],
    ['a map that has lost a key', { used: { cpu: '1' } }, { used: { cpu: '1', memory: '1Gi' } }, false],
    ['a map in a map that has lost a key', { a: { b: { c: 1 } } }, { a: { b: { c: 1, d: 2 } } }, false],
    ['a map in the place of a text', { a: { b: 1 } }, { a: 'b' }, false],
    ['a list that has become shorter', { list: [1] }, { list: [1, 2] }, false],
  ])('makes the status what it says: %s', (_what, next, current, dropsZeros) => {
    const patch = changedFields(current, { ...next }, dropsZeros);
    expect(applyMergePatch(current, JSON.parse(JSON.stringify(patch ?? {})))).toEqual(JSON.parse(JSON.stringify(next)));
  });

  it('names what differs and nothing else', () => {
    expect(changedFields({ replicas: 1, ready: 1 }, { replicas: 1, ready: 0 }, true)).toEqual({ ready: 0 });
  });
});

import type { ConfigMap } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { ApplyMemory } from './apply-memory.js';
import { isSubset } from './is-subset.js';

describe('isSubset', () => {
  it.each<[unknown, unknown, boolean]>([
    [{ a: 1 }, { a: 1, b: 2 }, true],
    [{ a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 1, d: 2 }], e: 3 } }, true],
    [{ a: undefined }, {}, true],
    [{ a: 1 }, { a: 2 }, false],
    [{ a: [1] }, { a: [1, 2] }, false],
    [{ a: [1, 2] }, { a: [2, 1] }, false],
    [{ a: {} }, {}, false],
    [{ a: null }, { a: null }, true],
  ])('%j in %j: %s', (wanted, actual, result) => {
    expect(isSubset(wanted, actual)).toBe(result);
  });
});

describe('ApplyMemory', () => {
  const cached: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', uid: 'u' },
    data: { a: '1', b: '2' },
  };
  const wanted = { metadata: { name: 'a' }, data: { a: '1' } };

  it('knows an apply that changes nothing: the same fields as last time, and the cache has them', () => {
    const memory = new ApplyMemory();
    expect(memory.isCurrent('a', wanted, cached)).toBe(false);
    memory.remember('a', wanted);
    expect(memory.isCurrent('a', wanted, cached)).toBe(true);
  });

  const meddled: ConfigMap = { ...cached, data: { a: '9' } };

  it('does not where a field is given up, was changed by others, or the object is gone', () => {
    const memory = new ApplyMemory();
    memory.remember('a', wanted);
    expect(memory.isCurrent('a', { metadata: { name: 'a' } }, cached)).toBe(false);
    expect(memory.isCurrent('a', wanted, meddled)).toBe(false);
    expect(memory.isCurrent('a', wanted, undefined)).toBe(false);
    memory.forget('a');
    expect(memory.isCurrent('a', wanted, cached)).toBe(false);
  });
});

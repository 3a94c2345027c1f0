import { describe, expect, it } from 'vitest';
import { isApplied, isSubset } from './is-subset.js';

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

describe('isApplied', () => {
  const reference = { uid: 'own', kind: 'Site' };
  const wanted = { metadata: { name: 'a', ownerReferences: [reference], finalizers: ['x'] }, data: { k: '1' } };

  it.each<[string, object, boolean]>([
    ['the same', wanted, true],
    [
      'beside the owners and finalizers of others',
      {
        ...wanted,
        metadata: {
          name: 'a',
          ownerReferences: [{ uid: 'other' }, { ...reference, controller: true }],
          finalizers: ['y', 'x'],
        },
      },
      true,
    ],
    [
      'without the owner',
      { ...wanted, metadata: { name: 'a', ownerReferences: [{ uid: 'other' }], finalizers: ['x'] } },
      false,
    ],
    ['without the finalizer', { ...wanted, metadata: { name: 'a', ownerReferences: [reference] } }, false],
    ['with other data', { ...wanted, data: { k: '2' } }, false],
  ])('%s', (_, actual, result) => {
    expect(isApplied(wanted, actual)).toBe(result);
  });
});

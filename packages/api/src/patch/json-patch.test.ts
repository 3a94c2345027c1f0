import { StatusError } from '../status/status-error.js';
import type { Json } from '../json/json.js';
import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from './json-patch.js';
import type { ReadonlyJsonObject } from '../json/json-value.js';

function refusal(original: ReadonlyJsonObject, patch: Json): StatusError {
  try {
    applyJsonPatch(original, patch);
  } catch (error) {
    if (StatusError.is(error)) return error;
    throw error;
  }
  throw new Error('the patch was accepted');
}

describe('applyJsonPatch', () => {
  const cases: readonly [name: string, original: ReadonlyJsonObject, patch: Json, result: Json][] = [
    ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['adds over a member', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    ['inserts into an array', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    ['inserts at the end by position', { a: [1] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2] }],
    ['appends', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    ['adds null', {}, [{ op: 'add', path: '/a', value: null }], { a: null }],
    ['replaces the document', { a: 1 }, [{ op: 'add', path: '', value: { b: 1 } }], { b: 1 }],
    ['removes a member', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    ['removes an item', { a: [1, 2, 3] }, [{ op: 'remove', path: '/a/1' }], { a: [1, 3] }],
    ['counts negative positions from the end', { a: [1, 2, 3] }, [{ op: 'remove', path: '/a/-1' }], { a: [1, 2] }],
    ['replaces a member', { a: { b: 1 } }, [{ op: 'replace', path: '/a/b', value: [] }], { a: { b: [] } }],
    ['adds a member that is to be replaced and is absent', {}, [{ op: 'replace', path: '/a', value: 1 }], { a: 1 }],
    ['replaces an item', { a: [1, 2] }, [{ op: 'replace', path: '/a/0', value: 9 }], { a: [9, 2] }],
    ['moves a member', { a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
    ['moves an item', { a: [1, 2, 3] }, [{ op: 'move', from: '/a/0', path: '/a/2' }], { a: [2, 3, 1] }],
    ['copies', { a: { b: [1] } }, [{ op: 'copy', from: '/a', path: '/c' }], { a: { b: [1] }, c: { b: [1] } }],
    [
      'tests and goes on',
      { a: { b: 1, c: 2 } },
      [
        { op: 'test', path: '/a', value: { c: 2, b: 1 } },
        { op: 'remove', path: '/a' },
      ],
      {},
    ],
    ['finds null at an absent member', {}, [{ op: 'test', path: '/a', value: null }], {}],
    [
      'unescapes tokens',
      { 'a/b': 1, 'c~d': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'replace', path: '/c~0d', value: 3 },
      ],
      { 'c~d': 3 },
    ],
    ['unescapes ~01 to ~1', { '~1': 1 }, [{ op: 'remove', path: '/~01' }], {}],
    [
      'sees what earlier operations did',
      {},
      [
        { op: 'add', path: '/a', value: {} },
        { op: 'add', path: '/a/b', value: 1 },
      ],
      { a: { b: 1 } },
    ],
    ['takes the empty key', { '': 1 }, [{ op: 'replace', path: '/', value: 2 }], { '': 2 }],
    ['does nothing without operations', { a: 1 }, [], { a: 1 }],
  ];
  it.each(cases)('%s', (_name, original, patch, result) => {
    const before = structuredClone({ original, patch });
    expect(applyJsonPatch(original, patch)).toEqual(result);
    expect({ original, patch }).toEqual(before);
  });

  it.each<readonly [name: string, original: ReadonlyJsonObject, patch: Json, field: string, message: string]>([
    [
      'a failed test',
      { a: 1 },
      [{ op: 'test', path: '/a', value: 2 }],
      'patch[0]',
      'testing value /a failed: test failed',
    ],
    [
      'a missing parent',
      {},
      [{ op: 'add', path: '/a/b', value: 1 }],
      'patch[0]',
      'add operation does not apply: doc is missing path: "/a/b": missing value',
    ],
    [
      'a missing member to remove',
      {},
      [{ op: 'remove', path: '/a' }],
      'patch[0]',
      "error in remove for path: '/a': Unable to remove nonexistent key: a: missing value",
    ],
    [
      'a missing item to replace',
      { a: [], b: 1 },
      [
        { op: 'test', path: '/b', value: 1 },
        { op: 'replace', path: '/a/0', value: 1 },
      ],
      'patch[1]',
      'replace operation does not apply: doc is missing key: /a/0: missing value',
    ],
    [
      'a position beyond the end',
      { a: [] },
      [{ op: 'add', path: '/a/1', value: 1 }],
      'patch[0]',
      "error in add for path: '/a/1': Unable to access invalid index: 1: invalid index referenced",
    ],
    [
      'a position with a leading zero',
      { a: [1, 2] },
      [{ op: 'remove', path: '/a/01' }],
      'patch[0]',
      "error in remove for path: '/a/01': Unable to access invalid index: 01: invalid index referenced",
    ],
    ['an unknown operation', {}, [{ op: 'merge', path: '/a' }], 'patch[0]', 'Unexpected kind: merge'],
    [
      'a path without a slash',
      {},
      [{ op: 'add', path: 'a', value: 1 }],
      'patch[0]',
      'add operation does not apply: doc is missing path: "a": missing value',
    ],
    [
      'a move into itself',
      { a: {} },
      [{ op: 'move', from: '/a', path: '/a/b' }],
      'patch[0]',
      'move operation does not apply: /a/b lies inside /a',
    ],
    [
      'a result that is no object',
      {},
      [{ op: 'add', path: '', value: [] }],
      'patch',
      'the patched document is not an object',
    ],
    [
      'an inherited name',
      {},
      [{ op: 'remove', path: '/toString' }],
      'patch[0]',
      "error in remove for path: '/toString': Unable to remove nonexistent key: toString: missing value",
    ],
    [
      'an inherited parent',
      {},
      [{ op: 'add', path: '/constructor/prototype/x', value: 1 }],
      'patch[0]',
      'add operation does not apply: doc is missing path: "/constructor/prototype/x": missing value',
    ],
  ])('answers 422 for %s', (_name, original, patch, field, message) => {
    const error = refusal(original, patch);
    expect([error.code, error.reason]).toEqual([422, 'Invalid']);
    expect(error.causes).toEqual([{ reason: 'FieldValueInvalid', field, message }]);
  });

  it.each<readonly [name: string, patch: Json]>([
    ['an object', {}],
    ['an operation that is no object', [1]],
    ['an operation without op', [{ path: '/a' }]],
    ['an operation without path', [{ op: 'add', value: 1 }]],
    ['a path that is no text', [{ op: 'add', path: 1, value: 1 }]],
    ['a move without from', [{ op: 'move', path: '/a' }]],
  ])('answers 400 for %s', (_name, patch) => {
    expect(refusal({}, patch).code).toBe(400);
  });

  it('answers 413 beyond 10,000 operations', () => {
    const operations = (count: number): Json =>
      Array.from({ length: count }, () => ({ op: 'test', path: '/a', value: null }));
    expect(applyJsonPatch({}, operations(10_000))).toEqual({});
    expect(refusal({}, operations(10_001)).message).toBe(
      'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    );
  });

  it('answers 413 when copies double beyond 3 MiB', () => {
    const patch = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
    expect(refusal({ a: ['x'.repeat(1000)] }, patch).code).toBe(413);
  });

  it('keeps __proto__ an ordinary key', () => {
    const patch = JSON.parse(
      '[{"op":"add","path":"/__proto__","value":{"polluted":true}},{"op":"add","path":"/__proto__/more","value":1}]',
    ) as Json;
    const result = applyJsonPatch({}, patch);
    expect(Object.keys(result)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { changedFields } from './changed-fields.js';

describe('changedFields', () => {
  it.each([
    [{ replicas: 1, ready: 0 }, { replicas: 1 }],
    [{ conditions: [] }, {}],
    [{ replicas: 0 }, undefined],
  ])('has nothing to write of %j over %j', (next, current) => {
    expect(changedFields<object>(current, next)).toBeUndefined();
  });

  it('names what differs', () => {
    expect(
      changedFields(
        { replicas: 1, ready: 1, conditions: [{ type: 'A' }] },
        { replicas: 1, ready: 0, conditions: [] as object[] },
      ),
    ).toEqual({ ready: 0, conditions: [] });
  });
});

import { describe, expect, it } from 'vitest';
import { capacityFits, chooseCapacity } from './capacity.js';
import { pageOf } from './paging.js';
import { acceptedPlaces, liesIn } from './topology.js';
import { create } from '@bufbuild/protobuf';
import { TopologyRequirementSchema } from '../generated/csi/v1/csi_pb.js';

const range = (requiredBytes: bigint, limitBytes = 0n) => ({ requiredBytes, limitBytes });

describe('sizes', () => {
  it('are what is required, in whole steps', () => {
    expect(chooseCapacity(undefined, { default: 100n })).toBe(100n);
    expect(chooseCapacity(range(5n), { default: 100n, step: 4n })).toBe(8n);
    expect(chooseCapacity(range(0n, 50n), { default: 100n })).toBe(50n);
    expect(chooseCapacity(range(1n), { default: 100n, minimum: 10n })).toBe(10n);
    expect(chooseCapacity(range(2n ** 60n), { default: 1n })).toBe(2n ** 60n);
  });

  it('are refused where none fits', () => {
    expect(() => chooseCapacity(range(200n), { default: 1n, maximum: 100n })).toThrow('OUT_OF_RANGE');
    expect(() => chooseCapacity(range(5n, 6n), { default: 1n, step: 4n })).toThrow('OUT_OF_RANGE');
    expect(() => chooseCapacity(range(0n, 5n), { default: 100n, minimum: 10n })).toThrow('OUT_OF_RANGE');
  });

  it('fit a range or not', () => {
    expect([capacityFits(undefined, 1n), capacityFits(range(2n), 1n), capacityFits(range(1n, 3n), 4n)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('topology', () => {
  it('is met by a place with all its segments', () => {
    expect(liesIn({ zone: 'a', node: '1' }, { zone: 'a' })).toBe(true);
    expect(liesIn({ zone: 'b' }, { zone: 'a' })).toBe(false);
  });

  it('orders the places that a request accepts', () => {
    const places = [{ zone: 'a' }, { zone: 'b' }, { zone: 'c' }];
    const requirement = create(TopologyRequirementSchema, {
      requisite: [{ segments: { zone: 'a' } }, { segments: { zone: 'b' } }],
      preferred: [{ segments: { zone: 'b' } }],
    });
    expect(acceptedPlaces(requirement, places)).toEqual([{ zone: 'b' }, { zone: 'a' }]);
    expect(acceptedPlaces(undefined, places)).toHaveLength(3);
  });
});

describe('pages', () => {
  const number = (entry: number): number => entry;

  it('survive the removal of their last entry', () => {
    const first = pageOf([1, 2, 3, 4], number, { maxEntries: 2, startingToken: '' });
    expect(first).toEqual({ entries: [1, 2], nextToken: '2' });
    expect(pageOf([1, 3, 4], number, { maxEntries: 2, startingToken: first.nextToken })).toEqual({
      entries: [3, 4],
      nextToken: '',
    });
  });

  it('refuse tokens that are none', () => {
    expect(() => pageOf([1], number, { maxEntries: 0, startingToken: 'x' })).toThrow('ABORTED');
  });
});

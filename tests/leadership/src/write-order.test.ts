import { describe, expect, it } from 'vitest';
import { judge } from './write-order.js';

const lease = (version: bigint, holder: string) => ({ path: '/leases/x', version, holder });
const write = (version: bigint) => ({ path: '/deployments/x', version, holder: undefined });

describe('the judge of writes', () => {
  it('finds nothing where each writes in its term', () => {
    const verdict = judge([
      { name: 'a', writes: [lease(1n, 'a_1'), write(2n), lease(3n, 'a_1'), write(4n)] },
      { name: 'b', writes: [lease(5n, 'b_1'), write(6n)] },
    ]);
    expect(verdict).toEqual({ terms: ['a', 'b'], written: 3, late: [] });
  });

  it('finds a write after the term, and one of nobody', () => {
    const { late } = judge([
      { name: 'a', writes: [lease(1n, 'a_1'), write(6n)] },
      { name: 'b', writes: [write(2n), lease(5n, 'b_1'), lease(7n, ''), write(8n)] },
    ]);
    expect(late).toEqual([
      'b wrote /deployments/x (2), when a led',
      'a wrote /deployments/x (6), when b led',
      'b wrote /deployments/x (8), when nobody led',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Bench } from './bench.js';
import { median, resultRows } from './result.js';
import { table } from './table.js';

const bench: Bench = {
  name: 'sample',
  summary: '',
  rows: [
    { metric: 'latency', unit: 'ms', goal: { of: 'ours', atMost: 5 } },
    { metric: 'rate', unit: '1/s', peer: 'go', goal: { of: 'ratio', atLeast: 2 } },
  ],
  run: () => Promise.resolve([]),
};

describe('benchmark results', () => {
  it('takes the median of odd, even and no samples', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, null]);
  });

  it('judges absolute goals by our figure and relative ones by the ratio', () => {
    const rows = resultRows(bench, [
      { metric: 'latency', ours: [4, 6, 5] },
      { metric: 'rate', ours: [30], peer: [10] },
    ]);
    expect(rows.map(({ ours, ratio, goal, holds }) => ({ ours, ratio, goal, holds }))).toEqual([
      { ours: 5, ratio: null, goal: '≤ 5', holds: true },
      { ours: 30, ratio: 3, goal: '≥ 2 ×', holds: true },
    ]);
  });

  it('counts a missing row and a missing peer as not held', () => {
    expect(resultRows(bench, [{ metric: 'rate', ours: [30] }]).map((row) => row.holds)).toEqual([false, false]);
  });

  it('refuses a row that was not declared', () => {
    expect(() => resultRows(bench, [{ metric: 'other', ours: [1] }])).toThrow(
      "benchmark 'sample' measured rows it does not declare: other",
    );
  });

  it('prints a table whose columns line up', () => {
    expect(table(resultRows(bench, [{ metric: 'latency', ours: [5.123] }]))).toBe(
      [
        'metric   unit  ours  peer  ratio  goal   holds',
        'latency  ms    5.12  –     –      ≤ 5    no',
        'rate     1/s   –     –     –      ≥ 2 ×  no',
      ].join('\n'),
    );
  });
});

import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { churn } from './churn.js';
import type { CycleReport } from './churn.js';

describe('churn under faults', () => {
  it('comes to rest as wanted after each of three cycles', { timeout: 120_000 }, async () => {
    const reports: CycleReport[] = [];
    await churn(
      new SeededRandom(3),
      (cycle) => cycle > 3,
      (report) => reports.push(report),
    );
    expect(reports).toHaveLength(3);
    expect(reports.at(-1)?.faults).toBeGreaterThan(10);
  });
});

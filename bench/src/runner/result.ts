import type { Bench, Goal, Measurement } from './bench.js';

export interface ResultRow {
  readonly metric: string;
  readonly unit: string;
  readonly ours: number | null;
  readonly peer: number | null;
  readonly ratio: number | null;
  /** As `≤ 500` or `≤ 1.2 ×`; null for a figure that nobody set a goal for. */
  readonly goal: string | null;
  readonly holds: boolean | null;
}

export function median(samples: readonly number[]): number | null {
  if (samples.length === 0) return null;
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function goalText(goal: Goal): string {
  const unit = goal.of === 'ratio' ? ' ×' : '';
  return 'atMost' in goal ? `≤ ${goal.atMost}${unit}` : `≥ ${goal.atLeast}${unit}`;
}

function holds(goal: Goal, ours: number | null, ratio: number | null): boolean {
  const value = goal.of === 'ours' ? ours : ratio;
  if (value === null) return false;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

/** One row for every planned metric, in the plan's order; an unplanned measurement is a mistake of the benchmark. */
export function resultRows(bench: Bench, measurements: readonly Measurement[]): ResultRow[] {
  const measured = new Map(measurements.map((measurement) => [measurement.metric, measurement]));
  const planned = new Set(bench.rows.map((row) => row.metric));
  const unplanned = [...measured.keys()].filter((metric) => !planned.has(metric));
  if (unplanned.length > 0)
    throw new Error(`benchmark '${bench.name}' measured rows it does not declare: ${unplanned.join(', ')}`);
  return bench.rows.map(({ metric, unit, goal }) => {
    const measurement = measured.get(metric);
    const ours = median(measurement?.ours ?? []);
    const peer = median(measurement?.peer ?? []);
    const ratio = ours !== null && peer !== null && peer !== 0 ? ours / peer : null;
    return {
      metric,
      unit,
      ours,
      peer,
      ratio,
      goal: goal ? goalText(goal) : null,
      holds: goal ? holds(goal, ours, ratio) : null,
    };
  });
}

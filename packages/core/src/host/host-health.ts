import type { Clock } from '../clock/clock.js';
import type { HealthCheck } from '../health/health-check.js';
import { runChecks } from '../health/readiness.js';
import type { CheckResult, ReadinessReport } from '../health/readiness.js';

/** A host as its health sees it. */
export interface CheckedHost {
  readonly name: string;
  readonly state: string;
}

/** The result for the host itself, those of its plugins' checks, and those of its children under their names. */
export async function checkHost(
  { name, state }: CheckedHost,
  contributed: readonly HealthCheck[],
  children: readonly { readonly name: string; readonly results: Promise<readonly CheckResult[]> }[],
  clock: Clock,
  signal?: AbortSignal,
): Promise<CheckResult[]> {
  const own: CheckResult = state === 'running' ? { name, ok: true } : { name, ok: false, reason: state };
  const below = children.map(async (child) =>
    (await child.results).map((result) => ({ ...result, name: `${child.name}/${result.name}` })),
  );
  return [own, ...(await runChecks(contributed, clock, signal)), ...(await Promise.all(below)).flat()];
}

export function reportOf(checks: readonly CheckResult[]): ReadinessReport {
  return { ready: checks.every(({ ok }) => ok), checks };
}

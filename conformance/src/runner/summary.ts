import type { CaseResult } from './suite.js';

export interface Summary {
  readonly report: {
    readonly suite: string;
    readonly passed: readonly string[];
    readonly failed: readonly { readonly name: string; readonly reason: string }[];
    readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  };
  readonly text: string;
  /** Whether the suite ran anything and nothing failed. A suite whose judge is missing is not a success. */
  readonly ok: boolean;
}

export function summarize(suite: string, cases: readonly CaseResult[]): Summary {
  const withReason = (outcome: CaseResult['outcome']): { name: string; reason: string }[] =>
    cases
      .filter((result) => result.outcome === outcome)
      .map(({ name, reason }) => ({ name, reason: reason ?? 'no reason given' }));
  const passed = cases.filter((result) => result.outcome === 'passed').map((result) => result.name);
  const failed = withReason('failed');
  const skipped = withReason('skipped');
  const lines = [
    ...failed.map(({ name, reason }) => `FAILED   ${name}: ${reason}`),
    ...skipped.map(({ name, reason }) => `SKIPPED  ${name}: ${reason}`),
    `${suite}: ${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`,
  ];
  return {
    report: { suite, passed, failed, skipped },
    text: `${lines.join('\n')}\n`,
    ok: passed.length > 0 && failed.length === 0,
  };
}

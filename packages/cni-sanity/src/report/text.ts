import { needsRoot } from '../run/plan.js';
import type { SanityResult, SanityReport } from '../run/run-checks.js';

const marks = { passed: '✓', failed: '✗', skipped: '–' } as const;

/** One line for a check that passed, two or three for one that did not. */
export function formatResult({ id, outcome, rule, section, reason }: SanityResult): string {
  if (outcome === 'passed') return `${marks.passed} ${id}\n`;
  if (outcome === 'skipped') return `${marks.skipped} ${id}: ${reason ?? 'no reason given'}\n`;
  return `${marks.failed} ${id}: ${reason ?? 'no reason given'}\n    ${rule} (${section})\n`;
}

export function formatHeading({ type, kind, plugin, versions }: Omit<SanityReport, 'results'>): string {
  return `${type} (${kind}), ${plugin}, versions ${versions.join(', ')}\n`;
}

export function countResults(results: readonly SanityResult[]): Readonly<Record<SanityResult['outcome'], number>> {
  const count = (outcome: SanityResult['outcome']): number => results.filter((one) => one.outcome === outcome).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

/** Says, too, where the checks that judge a plugin were not among those that were run. */
export function formatSummary({ type, results }: SanityReport): string {
  const { passed, failed, skipped } = countResults(results);
  const summary = `${type}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`;
  const missed = results.filter(({ reason }) => reason === needsRoot).length;
  if (missed === 0) return summary;
  return `${summary}NOT JUDGED: ${missed} of ${results.length} checks need root and were not run. Run this as root.\n`;
}

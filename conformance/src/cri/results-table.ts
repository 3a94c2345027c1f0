import type { CaseResult } from '../runner/suite.js';

/** Each case with what came of it for two runtimes. Pure. @param theirs - undefined where the second was not judged. */
export function formatTable(
  ours: readonly CaseResult[],
  theirs: readonly CaseResult[] | undefined,
  other: string,
): string {
  const byName = new Map((theirs ?? []).map((result) => [result.name, result.outcome]));
  const rows = ours
    .map(({ name, outcome }) => `| ${name.replace('[k8s.io] ', '')} | ${outcome} | ${byName.get(name) ?? '–'} |`)
    .sort();
  return [
    `| case | kubewright | ${other} |`,
    '| --- | --- | --- |',
    ...rows,
    `| **passed / failed / skipped** | ${counts(ours)} | ${theirs === undefined ? '–' : counts(theirs)} |`,
    '',
  ].join('\n');
}

function counts(results: readonly CaseResult[]): string {
  const count = (wanted: CaseResult['outcome']): number => results.filter(({ outcome }) => outcome === wanted).length;
  return `${count('passed')} / ${count('failed')} / ${count('skipped')}`;
}

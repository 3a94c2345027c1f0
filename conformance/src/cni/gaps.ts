import type { SanityResult, SanityReport } from '@kubewright/cni-sanity';

/** The page about what other plugins miss: a table of counts, then one row for each gap. */
export function formatGaps(reports: readonly SanityReport[], source: string): string {
  const counts = reports.map(({ type, versions, results }) => {
    const count = (outcome: SanityResult['outcome']): number => results.filter((one) => one.outcome === outcome).length;
    return `| ${type} | ${versions.at(-1) ?? ''} | ${count('passed')} | ${count('failed')} | ${count('skipped')} |`;
  });
  const gaps = reports.flatMap(({ type, results }) =>
    results
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ id, section, rule, reason = '' }) => `| ${type} | \`${id}\` | ${section} | ${rule} | ${cell(reason)} |`),
  );
  return `# What the Go plugins miss

\`cni-sanity\` judges any CNI plugin, ours by the same checks. This page is what it says of the distribution's package
${source}. Sections are those of version 1.1.0 of the specification; the rules below are older. \`npm run conformance -- cni\`, as root and with plugins in \`/usr/lib/cni\`, writes the page anew to
\`conformance/results/cni-plugin-gaps.md\`. Checks of verbs that a plugin's versions do not have are not counted: below 1.1.0
there is no GC and no STATUS, and a plugin that lists no newer version breaks no rule by that.

| plugin | newest version | passed | gaps | not decided |
| --- | --- | --- | --- | --- |
${counts.join('\n')}

## The gaps

| plugin | check | section | rule | what happened |
| --- | --- | --- | --- | --- |
${gaps.join('\n')}
`;
}

/** Names that differ from run to run would make every run a change. */
function cell(reason: string): string {
  const stable = reason
    .replaceAll(/\/tmp\/cni-sanity-\w+/g, '…')
    .replaceAll(/sanity-[0-9a-f]{8}/g, 'sanity')
    .replaceAll(/CNI-(DN|SN)-[0-9a-f]+/g, 'CNI-$1-…');
  return `\`${stable.replaceAll('|', String.raw`\|`).replaceAll('`', "'")}\``;
}

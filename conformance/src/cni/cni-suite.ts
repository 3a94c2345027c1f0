/**
 * `cni-sanity` on our plugins, on a plugin with one defect after the other, and on the Go plugins of the distribution. What
 * those miss is no failure of ours: it goes into a table, `conformance/results/cni-plugin-gaps.md`.
 */
import { allChecks, applies, isRoot, openProfile, runChecks, select } from '@kubewright/cni-sanity';
import type { SanityResult, ProfileOptions, RunChecksOptions, SanityReport } from '@kubewright/cni-sanity';
import { defects, TestPluginHost } from '@kubewright/cni-sanity/testing';
import type { CaseResult, Suite, SuiteContext } from '../runner/suite.js';
import { judgeDistribution } from './distribution.js';
import { serveOurs } from './our-plugins.js';

export const cniSuite: Suite = {
  name: 'cni',
  summary: "cni-sanity on our CNI plugins, on seeded defects and on the distribution's plugins",
  needs: ['root', 'Linux on x64 or arm64', '/usr/lib/cni for the table of gaps'],
  async run(context) {
    const reason = obstacle();
    if (reason !== undefined) return [{ name: 'cni-sanity', outcome: 'skipped', reason }];
    return [
      ...(await judgeReference(context)),
      ...(await judgeDefects(context)),
      ...(await judgeOurs(context)),
      ...(await judgeDistribution(context)),
    ];
  },
};

function obstacle(): string | undefined {
  if (!isRoot()) return 'it makes network namespaces, for which it has to be root on Linux';
  return ['x64', 'arm64'].includes(process.arch) ? undefined : `there is no shim for '${process.arch}'`;
}

async function judgeReference(context: SuiteContext): Promise<CaseResult[]> {
  await using host = await TestPluginHost.start();
  return casesOf('reference', await judge({ plugin: host.plugin }, context));
}

async function judgeDefects(context: SuiteContext): Promise<CaseResult[]> {
  const cases: CaseResult[] = [];
  for (const defect of defects) {
    await using host = await TestPluginHost.start(defect);
    const checks = select(allChecks, defect.caughtBy, []);
    const { signal } = context;
    const { results } = await runChecks(await openProfile({ plugin: host.plugin, kind: host.kind, signal }), {
      checks,
      signal,
    });
    const name = `defect ${defect.name} is found by ${defect.caughtBy.join(', ')}`;
    const missed = results.filter(({ outcome }) => outcome !== 'failed').map(({ id }) => id);
    const reason = `${missed.join(', ')} did not fail`;
    cases.push(missed.length === 0 ? { name, outcome: 'passed' } : { name, outcome: 'failed', reason });
  }
  context.progress(`${cases.length} seeded defects`);
  return cases;
}

async function judgeOurs(context: SuiteContext): Promise<CaseResult[]> {
  const cases: CaseResult[] = [];
  for (const { label, type, profile } of serveOurs.runs) {
    await using served = await serveOurs.start(type);
    const options = { plugin: served.plugin, cniPath: [served.binDirectory], ...profile };
    cases.push(...casesOf(label, await judge(options, context, { hostNamespace: served.hostNamespace })));
  }
  return cases;
}

async function judge(
  options: ProfileOptions,
  { signal, progress }: SuiteContext,
  more: RunChecksOptions = {},
): Promise<SanityReport> {
  const profile = await openProfile({ ...options, signal });
  const checks = allChecks.filter((check) => applies(check, profile));
  const report = await runChecks(profile, { ...more, checks, signal });
  const failed = report.results.filter(({ outcome }) => outcome === 'failed').length;
  progress(`${report.type}: ${report.results.length} checks, ${failed} failed`);
  return report;
}

function casesOf(label: string, { results }: SanityReport): CaseResult[] {
  return results.map(({ id, outcome, reason }: SanityResult) => ({
    name: `${label}: ${id}`,
    outcome,
    ...(reason === undefined ? {} : { reason }),
  }));
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { allChecks, applies, openProfile, runChecks } from '@kubewright/cni-sanity';
import type { SanityReport } from '@kubewright/cni-sanity';
import type { CaseResult, SuiteContext } from '../runner/suite.js';
import { formatGaps } from './gaps.js';

const directory = '/usr/lib/cni';
/** Those that work on any machine; the others need hardware, a DHCP server, or modules that few kernels have. */
const types = ['bandwidth', 'bridge', 'firewall', 'host-local', 'loopback', 'macvlan', 'portmap', 'ptp', 'tuning'];

/** Judges the distribution's plugins and writes down what they miss. A case is that a plugin could be judged at all. */
export async function judgeDistribution({ root, signal, progress }: SuiteContext): Promise<CaseResult[]> {
  const present = types.filter((type) => existsSync(join(directory, type)));
  if (present.length === 0) {
    return [{ name: 'distribution', outcome: 'skipped', reason: `there are no plugins in ${directory}` }];
  }
  const reports: SanityReport[] = [];
  for (const type of present) {
    const profile = await openProfile({ plugin: join(directory, type), signal });
    const checks = allChecks.filter((check) => applies(check, profile));
    const report = await runChecks(profile, { checks, signal });
    const gaps = report.results.filter(({ outcome }) => outcome === 'failed').length;
    progress(`${directory}/${type}: ${report.results.length} checks, ${gaps} gaps`);
    reports.push(report);
  }
  const results = join(root, 'conformance', 'results');
  await mkdir(results, { recursive: true });
  await writeFile(join(results, 'cni-plugin-gaps.md'), formatGaps(reports, await packageVersion()));
  return reports.map(({ type, results: checks }) => ({
    name: `distribution ${type}: ${checks.length} checks were run`,
    outcome: checks.some(({ outcome }) => outcome === 'passed') ? 'passed' : 'failed',
  }));
}

/** What the package manager says, if there is one that knows. */
async function packageVersion(): Promise<string> {
  const query = ['-W', '-f', '${Version}', 'containernetworking-plugins'];
  return promisify(execFile)('dpkg-query', query).then(
    ({ stdout }) => `containernetworking-plugins ${stdout.trim()}`,
    () => 'an unknown version',
  );
}

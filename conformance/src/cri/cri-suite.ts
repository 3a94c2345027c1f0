/** critest, the judge of container runtimes, against ours. Neighbours: `runner` prints what it said. */
import { spawn } from 'node:child_process';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock, SystemRandom } from '@kubewright/core';
import { readMounts, unmount } from '@kubewright/linux';
import { ContainerRuntime } from '@kubewright/runtime';
import type { CaseResult, Suite, SuiteContext } from '../runner/suite.js';
import { parseGinkgoReport } from './ginkgo-report.js';

const variable = 'KUBEWRIGHT_CRITEST';
/** Where the images of the judge are fetched from instead of their own registries, as a URL. */
const mirrorVariable = 'KUBEWRIGHT_CRITEST_MIRROR';
const registries = ['registry.k8s.io', 'gcr.io', 'k8s.gcr.io'];

export const criSuite: Suite = {
  name: 'cri',
  summary: 'critest against the container runtime',
  needs: [
    `${variable} (path of critest 1.36 or newer)`,
    `${mirrorVariable} (a registry with its images)`,
    'root',
    'crun',
    'conmon',
  ],
  async run(context) {
    const program = context.environment[variable];
    const missing = await reasonToSkip(program);
    if (program === undefined || missing !== undefined)
      return [{ name: 'critest', outcome: 'skipped', reason: missing ?? '' }];
    return judge(program, context);
  },
};

async function reasonToSkip(program: string | undefined): Promise<string | undefined> {
  if (program === undefined || program === '') return `set ${variable} to the path of critest`;
  const found = await access(program).then(
    () => true,
    () => false,
  );
  if (!found) return `${variable} names '${program}', which is not there`;
  return process.getuid?.() === 0 ? undefined : 'it needs root';
}

async function judge(program: string, { environment, signal, progress }: SuiteContext): Promise<readonly CaseResult[]> {
  const home = await mkdtemp(join(tmpdir(), 'kw-critest-'));
  const mirror = environment[mirrorVariable];
  const mirrors = mirror === undefined ? {} : Object.fromEntries(registries.map((name) => [name, [mirror]]));
  const runtime = await ContainerRuntime.start({
    address: join(home, 'cri.sock'),
    root: join(home, 'root'),
    state: join(home, 'state'),
    mirrors,
    clock: new SystemClock(),
    random: new SystemRandom(),
  });
  try {
    const report = join(home, 'report.json');
    progress(`running ${program}`);
    const args = [
      `-runtime-endpoint=${runtime.address}`,
      `-image-endpoint=${runtime.address}`,
      `-ginkgo.json-report=${report}`,
    ];
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], signal });
    // Its exit code says only whether a case failed, which the report says by name.
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    return parseGinkgoReport(await readFile(report, 'utf8'));
  } finally {
    await runtime.stop();
    await removeMounted(home);
  }
}

/** What a case left running keeps its mounts, which would keep the directory. */
async function removeMounted(home: string): Promise<void> {
  const inside = (await readMounts()).map(({ mountPoint }) => mountPoint).filter((path) => path.startsWith(`${home}/`));
  for (const path of inside.reverse()) await unmount(path, { detach: true });
  await rm(home, { recursive: true, force: true });
}

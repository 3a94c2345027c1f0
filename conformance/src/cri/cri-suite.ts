/** critest, the judge of container runtimes, on ours and on the distribution's containerd. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseResult, Suite, SuiteContext } from '../runner/suite.js';
import { Containerd } from './containerd.js';
import { runCritest } from './critest.js';
import { exclusions } from './exclusions.js';
import { Machine } from './machine.js';
import { formatTable } from './results-table.js';
import { machineNeeds, whatIsMissing } from './what-is-missing.js';

const variable = 'KUBEWRIGHT_CRITEST';
const runtimeVariable = 'KUBEWRIGHT_OCI_RUNTIME';

/** The cases of streams; they are asked over SPDY, and on our runtime once more over WebSocket. */
const streaming = ' Streaming ';
const webSocketFlags = ['-websocket-exec', '-websocket-attach', '-websocket-portforward'];

export const criSuite: Suite = {
  name: 'cri',
  summary: "critest on the container runtime, and on the distribution's containerd beside it",
  needs: [
    `${variable} (path of critest 1.36 or newer)`,
    ...machineNeeds,
    'the Debian package containerd for the comparison',
    `${runtimeVariable} (path of an OCI runtime) if it is to be another one than crun`,
  ],
  async run(context) {
    const { environment, progress } = context;
    const reason = await whatIsMissing(variable, environment);
    if (reason !== undefined) return [{ name: 'critest', outcome: 'skipped', reason }];
    for (const { cases, reason: why } of exclusions) progress(`left out: ${cases}: ${why}`);
    const program = environment[variable] ?? '';
    const ours = await judgeOurs(program, context);
    const theirs = (await Containerd.isInstalled()) ? await judgeContainerd(program, context) : undefined;
    const results = join(context.root, 'conformance', 'results');
    await mkdir(results, { recursive: true });
    await writeFile(join(results, 'cri-table.md'), formatTable(ours, theirs, 'containerd'));
    return [...ours, comparison(theirs)];
  },
};

async function judgeOurs(program: string, { environment, signal, progress }: SuiteContext): Promise<CaseResult[]> {
  const ociRuntime = environment[runtimeVariable];
  await using machine = await Machine.start({
    runtime: true,
    ...(ociRuntime !== undefined && ociRuntime !== '' && { program: ociRuntime }),
  });
  progress('critest on our runtime: a few minutes');
  const run = { program, machine, address: machine.addresses.runtime, signal };
  const all = await runCritest(run);
  const again = await runCritest({ ...run, flags: [`-ginkgo.focus=${streaming}`, ...webSocketFlags] });
  const overWebSocket = again
    .filter(({ name }) => name.includes(streaming))
    .map((result) => ({ ...result, name: `${result.name} over WebSocket` }));
  return [...all, ...overWebSocket];
}

async function judgeContainerd(program: string, { signal, progress }: SuiteContext): Promise<CaseResult[]> {
  await using machine = await Machine.start({ runtime: false });
  await using containerd = await Containerd.start(machine);
  progress("critest on the distribution's containerd: a few minutes more");
  return await runCritest({ program, machine, address: containerd.address, signal });
}

/** What containerd fails is no failure of ours: a case is that it could be judged at all. */
function comparison(theirs: readonly CaseResult[] | undefined): CaseResult {
  const name = "the distribution's containerd was judged beside it";
  if (theirs === undefined) return { name, outcome: 'skipped', reason: 'containerd is not installed' };
  return { name, outcome: theirs.some(({ outcome }) => outcome === 'passed') ? 'passed' : 'failed' };
}

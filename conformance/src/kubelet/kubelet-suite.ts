/** A real kubelet on our runtime, without an API server. Neighbours: `cri/machine` is what it runs on. */
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Machine } from '../cri/machine.js';
import { machineNeeds, whatIsMissing } from '../cri/what-is-missing.js';
import type { CaseResult, Suite, SuiteContext } from '../runner/suite.js';
import type { KubeletOptions } from './kubelet-process.js';

const variable = 'KUBEWRIGHT_KUBELET';
const worker = fileURLToPath(new URL(`./judge.worker${extname(import.meta.url)}`, import.meta.url));

export const kubeletSuite: Suite = {
  name: 'kubelet',
  summary: 'static pods of a kubelet on the container runtime',
  needs: [`${variable} (path of kubelet 1.36)`, ...machineNeeds],
  async run(context) {
    const { environment } = context;
    const reason = await whatIsMissing(variable, environment);
    if (reason !== undefined) return [{ name: 'kubelet', outcome: 'skipped', reason }];
    return judge(environment[variable] ?? '', context);
  },
};

async function judge(program: string, { signal, progress }: SuiteContext): Promise<readonly CaseResult[]> {
  await using machine = await Machine.start({ runtime: true });
  const options: KubeletOptions = {
    program,
    directory: join(machine.directory, 'kubelet'),
    runtime: machine.addresses.runtime,
  };
  const child = machine.spawn(process.execPath, [...process.execArgv, worker, JSON.stringify(options)]);
  const interrupt = (): boolean => child.kill('SIGTERM');
  signal.addEventListener('abort', interrupt);
  try {
    const results: CaseResult[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const result = JSON.parse(line) as CaseResult;
      results.push(result);
      progress(`${result.outcome}  ${result.name}`);
    }
    return results;
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

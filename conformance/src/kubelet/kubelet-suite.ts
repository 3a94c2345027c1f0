/** A real kubelet on our runtime, without an API server. Neighbours: `cri/machine` is what it runs on. */
import { access } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Machine } from '../cri/machine.js';
import type { CaseResult, Suite, SuiteContext } from '../runner/suite.js';
import type { KubeletOptions } from './kubelet-process.js';

const variable = 'KUBEWRIGHT_KUBELET';
const worker = fileURLToPath(new URL(`./judge.worker${extname(import.meta.url)}`, import.meta.url));

export const kubeletSuite: Suite = {
  name: 'kubelet',
  summary: 'static pods of a kubelet on the container runtime',
  needs: [`${variable} (path of kubelet 1.36)`, 'root', 'crun', 'conmon', 'what the images of the suite cri need'],
  async run(context) {
    const program = context.environment[variable];
    const missing = await reasonToSkip(program);
    if (program === undefined || missing !== undefined)
      return [{ name: 'kubelet', outcome: 'skipped', reason: missing ?? '' }];
    return judge(program, context);
  },
};

async function reasonToSkip(program: string | undefined): Promise<string | undefined> {
  if (program === undefined || program === '') return `set ${variable} to the path of a kubelet`;
  const found = await access(program).then(
    () => true,
    () => false,
  );
  if (!found) return `${variable} names '${program}', which is not there`;
  return process.getuid?.() === 0 ? undefined : 'it needs root';
}

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

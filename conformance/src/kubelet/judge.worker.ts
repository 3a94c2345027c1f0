/**
 * A program of its own, run inside the network namespace of a judged machine, where the kubelet can be reached. It is given
 * options as JSON, and prints the outcome of each case as a line of JSON.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';
import { CriClient } from '@kubewright/cri-sdk';
import type { CaseResult } from '../runner/suite.js';
import type { KubeletCaseContext } from './kubelet-case.js';
import { KubeletClient } from './kubelet-client.js';
import { KubeletProcess } from './kubelet-process.js';
import type { KubeletOptions } from './kubelet-process.js';
import { podCases } from './pod-cases.js';
import { staticPods } from './static-pods.js';
import { streamCases } from './stream-cases.js';

const options = JSON.parse(process.argv[2] ?? '') as KubeletOptions;
const shared = join(options.directory, 'shared');
const kubelet = new KubeletProcess(options);
const api = new KubeletClient(kubelet.certificate);
using cri = new CriClient({ address: options.runtime, clock: new SystemClock() });

await mkdir(shared, { recursive: true });
await mkdir(kubelet.manifests);
for (const [name, spec] of Object.entries(staticPods(shared))) {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec };
  await writeFile(join(kubelet.manifests, `${name}.json`), JSON.stringify(pod));
}
await kubelet.start();
try {
  // The last of the pods' cases restarts the kubelet, and the very last takes a pod away.
  for (const { name, run } of [...streamCases, ...podCases])
    process.stdout.write(`${JSON.stringify(await judge(name, run))}\n`);
} finally {
  await kubelet.stop();
  for (const { id } of (await cri.runtime.listPodSandbox({})).items) {
    await cri.runtime.stopPodSandbox({ podSandboxId: id });
    await cri.runtime.removePodSandbox({ podSandboxId: id });
  }
}

async function judge(name: string, run: (context: KubeletCaseContext) => Promise<void>): Promise<CaseResult> {
  try {
    await run({ kubelet, api, cri, shared });
    return { name, outcome: 'passed' };
  } catch (error) {
    return { name, outcome: 'failed', reason: `${String(error)}\n${await kubelet.lastWords()}` };
  }
}

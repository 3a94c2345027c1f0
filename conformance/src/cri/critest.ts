import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';
import { CriClient } from '@kubewright/cri-sdk';
import type { CaseResult } from '../runner/suite.js';
import { exclusionPattern, isExcluded } from './exclusions.js';
import { parseGinkgoReport } from './ginkgo-report.js';
import type { Machine } from './machine.js';

export interface CritestRun {
  /** The judge's path. */
  readonly program: string;
  readonly machine: Machine;
  /** The socket of the judged runtime. */
  readonly address: string;
  /** Further flags, with their dashes. */
  readonly flags?: readonly string[];
  readonly signal: AbortSignal;
}

/** Runs critest on a runtime, and removes what it leaves behind. Its exit code says only what the report says by name. */
export async function runCritest({ program, machine, address, flags = [], signal }: CritestRun): Promise<CaseResult[]> {
  const report = join(machine.directory, 'critest.json');
  const command = machine.inside(program, [
    `-runtime-endpoint=${address}`,
    `-image-endpoint=${address}`,
    `-ginkgo.json-report=${report}`,
    `-ginkgo.skip=${exclusionPattern}`,
    '-ginkgo.timeout=30m',
    ...flags,
  ]);
  // It leaves files behind, which go with the machine.
  const temporary = join(machine.directory, 'critest');
  await mkdir(temporary, { recursive: true });
  const env = { ...process.env, TMPDIR: temporary };
  // On its error output it repeats what the runtime refused, as it should have.
  const child = spawn(...command, { stdio: ['ignore', 'pipe', 'ignore'], env });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  try {
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    signal.throwIfAborted();
    const text = await readFile(report, 'utf8').catch(() => {
      throw new Error(`critest wrote no report; it said: ${said}`);
    });
    return parseGinkgoReport(text).filter(({ name }) => !isExcluded(name));
  } finally {
    signal.removeEventListener('abort', stop);
    await removePods(address);
  }
}

/** Removes all pods of a runtime. */
export async function removePods(address: string): Promise<void> {
  using client = new CriClient({ address, clock: new SystemClock() });
  const { items } = await client.runtime.listPodSandbox({});
  for (const { id: podSandboxId } of items) {
    await client.runtime.stopPodSandbox({ podSandboxId });
    await client.runtime.removePodSandbox({ podSandboxId });
  }
}

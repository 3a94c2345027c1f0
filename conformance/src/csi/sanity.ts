import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJunit } from './junit.js';
import type { JunitReport } from './junit.js';

export interface SanityRun {
  /** The judge's path. */
  readonly program: string;
  readonly endpoint: string;
  /** Parameters that the driver lets callers change. */
  readonly mutableParameters?: Readonly<Record<string, string>>;
  /** Further flags, with their dashes. */
  readonly flags?: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Runs csi-sanity against a driver and reads what it wrote. Its exit status is not needed: the report has every spec.
 */
export async function runSanity({
  program,
  endpoint,
  mutableParameters,
  flags = [],
  signal,
}: SanityRun): Promise<JunitReport> {
  const directory = await mkdtemp(join(tmpdir(), 'kw-sanity-'));
  const report = join(directory, 'junit.xml');
  const parameters = join(directory, 'mutable.yaml');
  await writeFile(parameters, JSON.stringify(mutableParameters ?? {}));
  const args = [
    `--csi.endpoint=${endpoint}`,
    `--csi.mountdir=${join(directory, 'mount')}`,
    `--csi.stagingdir=${join(directory, 'staging')}`,
    `--csi.junitfile=${report}`,
    ...(mutableParameters ? [`--csi.testvolumemutableparameters=${parameters}`] : []),
    ...flags,
  ];
  try {
    const output = await run(program, args, signal);
    const xml = await readFile(report, 'utf8').catch(() => {
      throw new Error(`csi-sanity wrote no report; it said: ${output.slice(-2_000)}`);
    });
    return parseJunit(xml);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function run(program: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let output = '';
    const read = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}

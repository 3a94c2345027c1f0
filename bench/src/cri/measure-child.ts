/** `measure-child.js DIRECTORY ROUNDS RESULTS`: measures both runtimes in turns, in the network namespace it was started in. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cgroup, Rtnetlink, detectCgroups, setLink } from '@kubewright/linux';
import type { Measurement } from '../runner/bench.js';
import { serveImages } from './images.js';
import { configureNetwork, goPlugins, servePlugins } from './networks.js';
import { exec, podDown, podUp, sum } from './pods.js';
import { residentMemory, startContainerd, startOurs } from './runtimes.js';
import type { RunningRuntime } from './runtimes.js';

const [directory = '', rounds = '', results = ''] = process.argv.slice(2);
const alone = 8;
const together = 40;

class Samples {
  readonly #rows = new Map<string, { readonly ours: number[]; readonly peer: number[] }>();

  add(metric: string, side: 'ours' | 'peer', value: number): void {
    const row = this.#rows.get(metric) ?? { ours: [], peer: [] };
    this.#rows.set(metric, row);
    row[side].push(value);
  }

  measurements(): Measurement[] {
    return [...this.#rows].map(([metric, row]) => ({ metric, ...row }));
  }

  /** The longest of a row: there are too few samples to leave any out. */
  longest(metric: string): Measurement {
    const { ours = [], peer = [] } = this.#rows.get(metric) ?? {};
    const most = (values: readonly number[]): number[] => (values.length === 0 ? [] : [Math.max(...values)]);
    return { metric: `${metric} max`, ours: most(ours), peer: most(peer) };
  }
}

interface Side {
  readonly side: 'ours' | 'peer';
  readonly runtime: RunningRuntime;
}

const samples = new Samples();
const up = ['RunPodSandbox', 'CreateContainer', 'StartContainer'];
const steps = [...up, 'ExecSync', 'StopContainer', 'RemoveContainer'];

async function measureAlone({ side, runtime: { client } }: Side, image: string): Promise<void> {
  for (let pod = 0; pod < alone; pod++) {
    const running = await podUp(client, image, directory, true);
    for (let command = 0; command < 3; command++) {
      const { ExecSync = Number.NaN } = await exec(client, running);
      samples.add('exec', side, ExecSync);
      samples.add('ExecSync', side, ExecSync);
    }
    const timings = { ...running.timings, ...(await podDown(client, running)) };
    samples.add('pod up (host)', side, sum(timings, ...up));
    for (const step of steps) if (step in timings) samples.add(step, side, timings[step] ?? Number.NaN);
  }
}

async function measureNetwork(
  { side, runtime: { client } }: Side,
  image: string,
  rows: { readonly up: string; readonly down?: string },
): Promise<void> {
  for (let pod = 0; pod < alone; pod++) {
    const running = await podUp(client, image, directory, false);
    samples.add(rows.up, side, sum(running.timings, ...up));
    const down = await podDown(client, running);
    if (rows.down !== undefined) samples.add(rows.down, side, sum(down, ...Object.keys(down)));
  }
}

async function measureTogether({ side, runtime }: Side, image: string): Promise<void> {
  const { client, pid, keeps } = runtime;
  const begun = performance.now();
  const pods = await Promise.all(Array.from({ length: together }, () => podUp(client, image, directory, true)));
  samples.add(`${together} pods at once`, side, performance.now() - begun);
  samples.add('per-container RSS', side, residentMemory(keeps) / together);
  samples.add(
    'daemon RSS',
    side,
    residentMemory((_line, one) => one === pid),
  );
  await Promise.all(pods.map((pod) => podDown(client, pod)));
}

async function measurePull(
  { side, runtime: { client } }: Side,
  { name, bytes }: { name: string; bytes: number },
): Promise<void> {
  const begun = performance.now();
  await client.images.pullImage({ image: { image: name } });
  samples.add('pull MB/s', side, bytes / 1e6 / ((performance.now() - begun) / 1000));
  await client.images.removeImage({ image: { image: name } });
  calmDisk();
}

/** What was pulled keeps the disk busy for a while, which is not to count for who is measured next. */
function calmDisk(): void {
  execFileSync('sync');
}

{
  await using tables = Rtnetlink.open();
  await tables.run(setLink('lo', { up: true }));
}
await using images = await serveImages();
const ourPlugins = await servePlugins(directory);
const go = configureNetwork(directory, 'go', '10.97.0.0/16', goPlugins);
const own = configureNetwork(directory, 'own', '10.98.0.0/16', ourPlugins.plugins);
{
  await using ours = await startOurs(join(directory, 'ours'), own);
  await using oursWithGo = await startOurs(
    join(directory, 'ours-go'),
    configureNetwork(directory, 'go2', '10.96.0.0/16', goPlugins),
  );
  await using theirs = await startContainerd(join(directory, 'theirs'), go, images.pause);
  const sides: readonly Side[] = [
    { side: 'ours', runtime: ours },
    { side: 'peer', runtime: theirs },
  ];
  for (const { client } of [ours, oursWithGo, theirs])
    await client.images.pullImage({ image: { image: images.shell } });
  calmDisk();
  // The first of each makes the bridge and the rules, and is not measured.
  for (const { client } of [ours, oursWithGo, theirs])
    await podDown(client, await podUp(client, images.shell, directory, false));
  for (let round = 1; round <= Number(rounds); round++) {
    process.stderr.write(`  round ${round} of ${rounds}\n`);
    // What one side leaves behind, the other meets: each goes first as often.
    const turns = round % 2 === 0 ? sides.toReversed() : sides;
    for (const side of turns) await measureAlone(side, images.shell);
    for (const side of turns) await measureNetwork(side, images.shell, { up: 'pod up (CNI)', down: 'pod down (CNI)' });
    for (const { side } of turns) {
      const runtime = side === 'ours' ? oursWithGo : theirs;
      await measureNetwork({ side, runtime }, images.shell, { up: 'pod up (Go CNI plugins)' });
    }
    for (const side of turns) await measureTogether(side, images.shell);
    const large = await images.large();
    for (const side of turns) await measurePull(side, large);
  }
}
await ourPlugins.close();
await new Cgroup(await detectCgroups(), '/cri-bench').remove();
writeFileSync(results, JSON.stringify([...samples.measurements(), ...steps.map((step) => samples.longest(step))]));

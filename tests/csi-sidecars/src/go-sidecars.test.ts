import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestCluster } from '@kubewright/cluster/testing';
import { csiManifests, toYaml } from '@kubewright/csi-sidecars/manifests';
import { csiSidecars } from '@kubewright/csi-sidecars';
import type { CsiSidecar } from '@kubewright/csi-sidecars';
import { startHostPathDriver } from '@kubewright/storage/testing';
import { describe, expect, it } from 'vitest';
import { applyManifests } from './applied-manifests.js';
import { Program } from './program.js';
import { VolumeStory } from './volume-story.js';

/** The sidecars of Kubernetes that do the work of one of ours: the variables that have their paths, and their arguments. */
const programs = {
  provisioner: {
    // After a conflict it looks for its finalizer on a snapshot again, by default minutes later.
    KUBEWRIGHT_CSI_PROVISIONER: [
      '--feature-gates=Topology=true',
      '--extra-create-metadata',
      '--snapshot-orphan-sweep-interval=1s',
    ],
  },
  attacher: { KUBEWRIGHT_CSI_ATTACHER: [] },
  resizer: { KUBEWRIGHT_CSI_RESIZER: [] },
  snapshotter: {
    KUBEWRIGHT_CSI_SNAPSHOTTER: [],
    KUBEWRIGHT_CSI_SNAPSHOT_CONTROLLER: ['--retry-crd-interval-max=1s'],
  },
} as const satisfies Partial<Record<CsiSidecar, Record<string, readonly string[]>>>;
type Replaced = keyof typeof programs;

const all = Object.keys(programs) as Replaced[];
const missing = all.flatMap((name) => Object.keys(programs[name])).filter((variable) => !process.env[variable]);
const isRoot = process.getuid?.() === 0;
const reason = !isRoot ? 'mounts need root' : missing.length > 0 ? `not set: ${missing.join(', ')}` : undefined;

/** Those of the arguments that a program has; not every release has all of them. */
function knownTo(path: string, args: readonly string[]): readonly string[] {
  const { stdout, stderr } = spawnSync(path, ['--help'], { encoding: 'utf8' });
  return args.filter((arg) => `${stdout}${stderr}`.includes(arg.replace(/^-|=.*/g, '')));
}

describe(`the sidecars of Kubernetes${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  it.skipIf(reason !== undefined).for<[string, readonly Replaced[]]>([
    ['drive our driver, on our API server', all],
    ['provision and snapshot beside our attacher and resizer', ['provisioner', 'snapshotter']],
    ['attach and resize beside our provisioner and snapshotter', ['attacher', 'resizer']],
  ])('%s', { timeout: 240_000 }, async ([, theirs]) => {
    await using stack = new AsyncDisposableStack();
    const directory = await mkdtemp(join(tmpdir(), 'kw-go-sidecars-'));
    stack.defer(() => rm(directory, { recursive: true }));
    const started = stack.use(await startHostPathDriver());
    const { driver, socketPath } = started;
    const controllers = csiSidecars({ endpoint: socketPath, only: all.filter((name) => !theirs.includes(name)) });
    const cluster = stack.use(await TestCluster.start({ listen: true, controllers }));
    await applyManifests(cluster, toYaml(csiManifests(driver, { image: 'example.com/driver:1.0.0' })));
    const story = new VolumeStory(cluster, { ...started, name: driver.name });
    await story.register();

    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, cluster.kubeconfig(), { mode: 0o600 });
    const run = ([variable, args]: readonly [string, readonly string[]]): Program => {
      const address = variable.includes('CONTROLLER') ? [] : [`--csi-address=${socketPath}`];
      const path = process.env[variable] ?? '';
      return stack.use(new Program(path, [`--kubeconfig=${kubeconfig}`, '--v=4', ...address, ...knownTo(path, args)]));
    };
    const running = theirs.flatMap((name) => Object.entries(programs[name])).map(run);
    await story.tell().catch((error: unknown) => {
      throw new Error(running.map(({ output }) => output.slice(-4_000)).join('\n---\n'), { cause: error });
    });
    const complaints = running.flatMap(({ output }) => output.match(/.*(?:forbidden|unable to decode).*/gi) ?? []);
    expect(complaints).toEqual([]);
  });
});

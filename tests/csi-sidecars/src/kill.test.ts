import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestCluster } from '@kubewright/cluster/testing';
import { SystemClock } from '@kubewright/core';
import { createCsiClient } from '@kubewright/csi-sdk';
import { csiSidecars } from '@kubewright/csi-sidecars';
import { faultPoints, startHostPathDriver } from '@kubewright/storage/testing';
import { describe, expect, it } from 'vitest';
import { Restarted } from './restarted.js';
import { steps } from './steps.js';
import { unmountBelow } from './unmount-below.js';
import { VolumeStory } from './volume-story.js';

const timeout = 300_000;

/** A directory with the file that a killed program notes its steps in. */
async function workshop(stack: AsyncDisposableStack) {
  const directory = await mkdtemp(join(tmpdir(), 'kw-killed-'));
  stack.defer(async () => {
    await unmountBelow(directory);
    await rm(directory, { recursive: true });
  });
  const passedFile = join(directory, 'passed');
  await writeFile(passedFile, '');
  return { directory, passedFile, passed: async () => (await readFile(passedFile, 'utf8')).trimEnd().split('\n') };
}

/** What the story has nothing of; and a start finishes what was being deleted, so not every deletion gets further than its intent. */
const elsewhere = /group|modify|device|delete-\w+:(data|commit)/;

describe.skipIf(process.getuid?.() !== 0)('no volume is lost, made twice or left, and no mount doubled', () => {
  it('when the sidecars are killed after every write and every call in turn', { timeout }, async () => {
    await using stack = new AsyncDisposableStack();
    const { directory, passedFile, passed } = await workshop(stack);
    const started = stack.use(await startHostPathDriver());
    const cluster = stack.use(await TestCluster.start({ listen: true }));
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, cluster.kubeconfig(), { mode: 0o600 });
    const story = new VolumeStory(cluster, { ...started, name: started.driver.name });
    await story.register();
    const sidecars = stack.use(new Restarted('killed-sidecars', kubeconfig, started.socketPath, passedFile));
    await story.tell();
    await sidecars[Symbol.asyncDispose]();
    const passedSteps = await passed();
    expect(passedSteps).toEqual(expect.arrayContaining([...steps]));
    expect(passedSteps.length).toBeGreaterThanOrEqual(2 * steps.length);
    expect(sidecars.kills).toBe(passedSteps.length);
  });

  it('when the driver is killed at every point in turn', { timeout }, async () => {
    await using stack = new AsyncDisposableStack();
    const { directory, passedFile, passed } = await workshop(stack);
    const [socketPath, mountDirectory] = [join(directory, 'csi.sock'), join(directory, 'mounts')];
    await mkdir(mountDirectory);
    const driver = stack.use(new Restarted('killed-driver', join(directory, 'root'), socketPath, passedFile));
    const client = stack.use(createCsiClient({ address: socketPath, clock: new SystemClock() }));
    const controllers = csiSidecars({ endpoint: socketPath });
    const cluster = stack.use(await TestCluster.start({ controllers }));
    const story = new VolumeStory(cluster, { name: 'hostpath.csi.kubewright.dev', client, mountDirectory });
    await story.register();
    await story.tell();
    await driver[Symbol.asyncDispose]();
    const expected = faultPoints.filter((point) => !elsewhere.test(point));
    const passedPoints = await passed();
    expect(passedPoints).toEqual(expect.arrayContaining(expected));
    expect(driver.kills).toBe(passedPoints.length);
  });
});

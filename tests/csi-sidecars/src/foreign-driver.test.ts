import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestCluster } from '@kubewright/cluster/testing';
import { SystemClock } from '@kubewright/core';
import { createCsiClient } from '@kubewright/csi-sdk';
import { csiSidecars } from '@kubewright/csi-sidecars';
import { describe, it } from 'vitest';
import { Program } from './program.js';
import { unmountBelow } from './unmount-below.js';
import { VolumeStory } from './volume-story.js';

const variable = 'KUBEWRIGHT_CSI_HOSTPATH';
const path = process.env[variable];
const isRoot = process.getuid?.() === 0;
const reason = !isRoot ? 'mounts need root' : !path ? `not set: ${variable}` : undefined;

/** csi-driver-host-path, which is written in Go. */
async function startForeignDriver(program: string) {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'kw-foreign-'));
  stack.defer(() => rm(directory, { recursive: true }));
  const [socketPath, mountDirectory] = [join(directory, 'csi.sock'), join(directory, 'mounts')];
  await mkdir(mountDirectory);
  stack.defer(() => unmountBelow(mountDirectory));
  const name = 'hostpath.csi.k8s.io';
  const args = [`--drivername=${name}`, `--endpoint=unix://${socketPath}`, '--nodeid=node-1', '--enable-attach'];
  const driver = stack.use(new Program(program, [...args, `--statedir=${join(directory, 'state')}`, '--v=4']));
  const client = stack.use(createCsiClient({ address: socketPath, clock: new SystemClock() }));
  await client.identity.probe({});
  const kept = stack.move();
  return {
    name,
    client,
    mountDirectory,
    socketPath,
    get output() {
      return driver.output;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

describe(`our sidecars${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  it.skipIf(reason !== undefined)('drive a driver that is not ours', { timeout: 240_000 }, async () => {
    await using driver = await startForeignDriver(path ?? '');
    await using cluster = await TestCluster.start({ controllers: csiSidecars({ endpoint: driver.socketPath }) });
    const story = new VolumeStory(cluster, driver);
    await story.register();
    await story.tell().catch((error: unknown) => {
      throw new Error(driver.output.slice(-8_000), { cause: error });
    });
  });
});

import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainerState } from '@kubewright/cri-sdk/v1';
import { mount } from '@kubewright/linux';
import { afterEach, describe, expect, it } from 'vitest';
import { podDown, podUp } from './pod-life.js';
import { missingHere } from './programs.js';
import { Testbed } from './testbed.js';

const missing = missingHere();
const noRemains = (remains: object): boolean => Object.values(remains).every((count) => count === 0);

describe.skipIf(missing.length > 0)('a runtime whose surroundings fail (needs root, crun, conmon)', () => {
  let bed: Testbed;
  afterEach(() => bed[Symbol.asyncDispose]());

  const status = async (containerId: string) =>
    (await bed.daemon.client.runtime.containerStatus({ containerId })).status;
  const created = async (): Promise<{ podSandboxId: string; containerId: string }> => {
    const { runtime } = bed.daemon.client;
    const sandboxConfig = bed.podConfig();
    const { podSandboxId } = await runtime.runPodSandbox({ config: sandboxConfig });
    const config = bed.containerConfig('while :; do sleep 0.05; done');
    return { podSandboxId, ...(await runtime.createContainer({ podSandboxId, config, sandboxConfig })) };
  };

  describe('the OCI runtime', () => {
    /** Lets verbs of the OCI runtime fail or hang; undefined heals it. */
    let spoil: (verbs?: string, how?: 'fail' | 'hang') => Promise<void>;
    const open = async (): Promise<void> => {
      bed = await Testbed.open({ OCI_TIMEOUT: '1000' });
      const [program, mode] = [join(bed.home, 'oci'), join(bed.home, 'mode')];
      // At once: the program may be reading it for a call that the daemon made by itself.
      spoil = async (verbs = 'none', how = 'fail') => {
        await writeFile(`${mode}.next`, `${how} ${verbs}`);
        await rename(`${mode}.next`, mode);
      };
      await spoil();
      const script = `#!/bin/sh
read how verbs < ${mode}
for verb in $verbs; do
  case " $* " in *" $verb "*) [ $how = hang ] && sleep 1000; echo spoilt >&2; exit 1;; esac
done
exec crun "$@"
`;
      await writeFile(program, script);
      await chmod(program, 0o755);
      bed.daemon.environment['OCI_PROGRAM'] = program;
      await bed.daemon.start();
      await bed.daemon.client.images.pullImage({ image: { image: bed.image } });
    };

    it.for([
      ['create', 'fail', /spoilt/],
      ['create', 'hang', /did not end within 1 seconds/],
      ['start', 'fail', /spoilt/],
      ['start', 'hang', /did not end within 1 seconds/],
    ] as const)('that does not %s (%s) makes a container that did not start', async ([verb, how, text]) => {
      await open();
      const { podSandboxId, containerId } = await created();
      await spoil(verb, how);
      await expect(bed.daemon.client.runtime.startContainer({ containerId })).rejects.toThrow(text);
      expect(await status(containerId)).toMatchObject({ reason: 'StartError', exitCode: 128 });
      expect((await bed.remains())['monitors']).toBe(0);
      await bed.daemon.client.runtime.removePodSandbox({ podSandboxId });
      expect(await bed.remains()).toSatisfy(noRemains);
    });

    it('that does not kill is gone past, and one that does not delete is asked again', async () => {
      await open();
      const { podSandboxId, containerId } = await created();
      const { runtime } = bed.daemon.client;
      await runtime.startContainer({ containerId });
      // A group that the container has made is something to delete.
      await mkdir(join(bed.groups(), containerId, 'below'));
      await spoil('kill delete', 'hang');
      await runtime.stopContainer({ containerId, timeout: 0n });
      expect(await status(containerId)).toMatchObject({ exitCode: 137 });
      await spoil('delete');
      await expect(runtime.removeContainer({ containerId })).rejects.toThrow(/spoilt/);
      await spoil();
      await runtime.removePodSandbox({ podSandboxId });
      expect(await bed.remains()).toSatisfy(noRemains);
    });
  });

  it('a full disk: what runs can be stopped, what is asked for is refused whole, and works once there is room', async () => {
    bed = await Testbed.open();
    const root = join(bed.home, 'root');
    await mkdir(root);
    await mount({ fileSystem: 'tmpfs', source: 'small', target: root, options: [], data: 'size=32m' });
    await bed.daemon.start();
    const { runtime, images } = bed.daemon.client;
    await images.pullImage({ image: { image: bed.image } });
    const pod = await podUp(bed);
    const filler = join(root, 'filler');
    // The last block goes, too.
    for (const size of [32 * 1024 * 1024, 4096])
      await writeFile(filler, Buffer.alloc(size), { flag: 'a' }).catch(() => undefined);
    const other = bed.registry.push('test/other', '1', [[{ name: 'file', content: Buffer.alloc(8_000_000, 'x') }]], {
      pack: (bytes) => bytes,
    });
    await expect(images.pullImage({ image: { image: await other } })).rejects.toThrow(/ENOSPC/);
    const config = bed.podConfig();
    await expect(runtime.runPodSandbox({ config })).rejects.toThrow(/ENOSPC/);
    await runtime.stopContainer({ containerId: pod.containerId, timeout: 5n });
    expect(await status(pod.containerId)).toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 0 });
    await rm(filler);
    await images.pullImage({ image: { image: await other } });
    const { podSandboxId } = await runtime.runPodSandbox({ config });
    for (const id of [podSandboxId, pod.podSandboxId]) await runtime.removePodSandbox({ podSandboxId: id });
    expect(await bed.remains()).toSatisfy(noRemains);
  });

  it('memory that runs out while the daemon is away: it learns so', async () => {
    bed = await Testbed.open();
    await bed.daemon.start();
    await bed.daemon.client.images.pullImage({ image: { image: bed.image } });
    const sandboxConfig = bed.podConfig();
    const { podSandboxId } = await bed.daemon.client.runtime.runPodSandbox({ config: sandboxConfig });
    const bytes = 16n * 1024n * 1024n;
    const config = bed.containerConfig('sleep 0.3; a=x; while :; do a="$a$a"; done', {
      linux: { resources: { memoryLimitInBytes: bytes, memorySwapLimitInBytes: bytes } },
    });
    const request = { podSandboxId, config, sandboxConfig };
    const { containerId } = await bed.daemon.client.runtime.createContainer(request);
    await bed.daemon.client.runtime.startContainer({ containerId });
    await bed.daemon.kill();
    await expect.poll(async () => (await bed.remains())['exits'], { timeout: 5_000 }).toBe(1);
    await bed.daemon.start();
    expect(await status(containerId)).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    await bed.daemon.client.runtime.removePodSandbox({ podSandboxId });
    expect(await bed.remains()).toSatisfy(noRemains);
  });

  it('a record that cannot be read keeps no other away', async () => {
    bed = await Testbed.open();
    await bed.daemon.start();
    await bed.daemon.client.images.pullImage({ image: { image: bed.image } });
    const pod = await podUp(bed);
    await bed.daemon.kill();
    await writeFile(join(bed.home, 'root/containers', `${'0'.repeat(64)}.json`), '{"id"');
    await bed.daemon.start();
    expect(await status(pod.containerId)).toMatchObject({ state: ContainerState.CONTAINER_RUNNING });
    await rm(join(bed.home, 'root/containers', `${'0'.repeat(64)}.json`));
    await podDown(bed, pod);
  });
});

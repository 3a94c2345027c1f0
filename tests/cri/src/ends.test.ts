import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CriClient } from '@kubewright/cri-sdk';
import { ContainerEventType, ContainerState, NamespaceMode, PodSandboxState } from '@kubewright/cri-sdk/v1';
import { Code } from '@kubewright/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counting, podDown, podUp } from './pod-life.js';
import { missingHere } from './programs.js';
import { Testbed } from './testbed.js';

const missing = missingHere();
const ofHost = { securityContext: { namespaceOptions: { network: NamespaceMode.NODE, pid: NamespaceMode.NODE } } };

describe.skipIf(missing.length > 0)('pods and containers that end otherwise (needs root, crun, conmon)', () => {
  let bed: Testbed;
  beforeAll(async () => {
    bed = await Testbed.open();
    await bed.daemon.start();
    await bed.daemon.client.images.pullImage({ image: { image: bed.image } });
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const runtime = (): CriClient['runtime'] => bed.daemon.client.runtime;
  const status = async (containerId: string) => (await runtime().containerStatus({ containerId })).status;
  const pod = async (linux: object = {}) => {
    const sandboxConfig = bed.podConfig(linux);
    const { podSandboxId } = await runtime().runPodSandbox({ config: sandboxConfig });
    const create = async (script: string, more: object = {}) => {
      const request = { podSandboxId, config: bed.containerConfig(script, more), sandboxConfig };
      return (await runtime().createContainer(request)).containerId;
    };
    return { podSandboxId, create };
  };
  const commands = async (): Promise<string[]> =>
    Promise.all(
      (await readdir('/proc'))
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );

  it('a monitor that is killed: its container is ended, and told so', async () => {
    const { podSandboxId, containerId } = await podUp(bed);
    process.kill(Number(await readFile(join(bed.home, 'state/bundles', containerId, 'conmon.pid'), 'utf8')), 'SIGKILL');
    await runtime().stopContainer({ containerId, timeout: 0n });
    expect(await status(containerId)).toMatchObject({ reason: 'ContainerStatusUnknown', exitCode: 255 });
    await runtime().removePodSandbox({ podSandboxId });
  });

  it('what a container leaves running in the processes of the machine ends with it', async () => {
    const { podSandboxId, create } = await pod(ofHost);
    const seconds = `1${process.pid}`;
    const containerId = await create(`sleep ${seconds} & exit 3`, { linux: ofHost });
    await runtime().startContainer({ containerId });
    await expect
      .poll(() => status(containerId), { timeout: 5_000 })
      .toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 3 });
    await expect.poll(commands, { timeout: 5_000 }).not.toContain(`sleep\0${seconds}\0`);
    await runtime().removePodSandbox({ podSandboxId });
  });

  it('limits that change before the start hold after it', async () => {
    const { podSandboxId, create } = await pod();
    const containerId = await create(counting, { linux: { resources: { cpuShares: 512n } } });
    const bytes = 64n * 1024n * 1024n;
    await runtime().updateContainerResources({ containerId, linux: { memoryLimitInBytes: bytes } });
    await runtime().startContainer({ containerId });
    const limits = await Promise.all(
      ['memory.limit_in_bytes', 'memory.max'].map((name) =>
        readFile(join(bed.groups(), containerId, name), 'utf8').catch(() => ''),
      ),
    );
    expect(limits.join('').trim()).toBe(`${bytes}`);
    expect((await status(containerId))?.resources?.linux).toMatchObject({
      cpuShares: 512n,
      memoryLimitInBytes: bytes,
    });
    await runtime().removePodSandbox({ podSandboxId });
  });

  it('limits of a pod are remembered, and refused for one that is not there', async () => {
    const { podSandboxId } = await pod();
    await runtime().updatePodSandboxResources({ podSandboxId, resources: { cpuShares: 7n } });
    const record = await readFile(join(bed.home, 'root/sandboxes', `${podSandboxId}.json`), 'utf8');
    expect(JSON.parse(record)).toMatchObject({ config: { linux: { resources: { cpuShares: '7' } } } });
    const none = runtime().updatePodSandboxResources({ podSandboxId: 'none' });
    await expect(none).rejects.toMatchObject({ status: Code.NOT_FOUND });
    await runtime().removePodSandbox({ podSandboxId });
  });

  it('an event of one container tells of all in its pod, also when it is removed', async () => {
    const { podSandboxId, create } = await pod();
    const stop = new AbortController();
    const events = runtime().getContainerEvents({}, { signal: stop.signal });
    const told: [ContainerEventType, number][] = [];
    const listening = (async () => {
      for await (const event of events)
        if (event.podSandboxStatus?.id === podSandboxId)
          told.push([event.containerEventType, event.containersStatuses.length]);
    })().catch(() => undefined);
    // The subscription is there when the first answer of the same connection is.
    await runtime().version({});
    await create('exit 0', { metadata: { name: 'one' } });
    const other = await create('exit 0', { metadata: { name: 'other' } });
    await runtime().removeContainer({ containerId: other });
    await expect
      .poll(() => told)
      .toEqual([
        [ContainerEventType.CONTAINER_CREATED_EVENT, 1],
        [ContainerEventType.CONTAINER_CREATED_EVENT, 2],
        [ContainerEventType.CONTAINER_DELETED_EVENT, 1],
      ]);
    stop.abort();
    await listening;
    await runtime().removePodSandbox({ podSandboxId });
  });

  it('a reboot ends pods, those of the network of the machine too, and containers get the time of their end', async () => {
    const { podSandboxId, create } = await pod(ofHost);
    const containerId = await create('sleep 0.3', { linux: ofHost });
    await runtime().startContainer({ containerId });
    const steady = await podUp(bed);
    await bed.daemon.kill();
    await expect.poll(async () => (await bed.remains())['exits'], { timeout: 5_000 }).toBe(1);
    const path = join(bed.home, 'root/sandboxes', `${podSandboxId}.json`);
    const record = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...record, boot: 'another' }));
    await bed.daemon.start();
    const of = async (id: string) => (await runtime().podSandboxStatus({ podSandboxId: id })).status?.state;
    expect([await of(podSandboxId), await of(steady.podSandboxId)]).toEqual([
      PodSandboxState.SANDBOX_NOTREADY,
      PodSandboxState.SANDBOX_READY,
    ]);
    const { mtimeMs } = await stat(join(bed.home, 'state/exits', containerId));
    expect((await status(containerId))?.finishedAt).toBe(BigInt(Math.round(mtimeMs)) * 1_000_000n);
    await runtime().removePodSandbox({ podSandboxId });
    await podDown(bed, steady);
  });

  it('leaves nothing behind', async () => {
    expect(Object.entries(await bed.remains()).filter(([, count]) => count !== 0)).toEqual([]);
  });
});

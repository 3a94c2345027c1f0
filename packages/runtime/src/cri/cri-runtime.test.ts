import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainerState } from '@kubewright/cri-sdk/v1';
import { Code } from '@kubewright/grpc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PretendedRuntime } from '../testing/pretended-runtime.js';

/** More digits than tools show. */
const shown = 13;
const image = { image: 'test/image:1' };

describe('CriRuntime', () => {
  let home: string;
  let pretended: PretendedRuntime;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-cri-'));
    pretended = await PretendedRuntime.start(home);
    await pretended.client.images.pullImage({ image });
  });
  afterEach(async () => {
    await pretended[Symbol.asyncDispose]();
    await rm(home, { recursive: true });
  });
  let pods = 0;
  const pod = async (): Promise<string> => {
    const config = { metadata: { name: 'p', namespace: 'n', uid: `u${pods++}`, attempt: 0 }, logDirectory: home };
    return (await pretended.client.runtime.runPodSandbox({ config })).podSandboxId;
  };

  it('knows pods and containers by the first digits of their ids, in every call and filter', async () => {
    const { runtime } = pretended.client;
    const sandboxId = await pod();
    const podSandboxId = sandboxId.slice(0, shown);
    const config = { metadata: { name: 'c', attempt: 0 }, image, logPath: 'c.log', labels: { a: 'b' } };
    const made = await runtime.createContainer({ podSandboxId, config });
    const whole = made.containerId;
    const containerId = whole.slice(0, shown);
    await runtime.startContainer({ containerId });
    expect((await runtime.containerStatus({ containerId })).status?.id).toBe(whole);
    expect((await runtime.podSandboxStatus({ podSandboxId })).containersStatuses.map(({ id }) => id)).toEqual([whole]);
    expect((await runtime.listPodSandbox({ filter: { id: podSandboxId } })).items[0]?.id).toBe(sandboxId);
    for (const filter of [{ id: containerId }, { podSandboxId }, { id: containerId, podSandboxId }]) {
      expect((await runtime.listContainers({ filter })).containers.map(({ id }) => id)).toEqual([whole]);
      expect((await runtime.listContainerStats({ filter })).stats.map(({ attributes }) => attributes?.id)).toEqual([
        whole,
      ]);
    }
    expect((await runtime.listPodSandboxStats({ filter: { id: podSandboxId } })).stats).toHaveLength(1);
    expect((await runtime.containerStats({ containerId })).stats?.attributes?.id).toBe(whole);
    expect((await runtime.podSandboxStats({ podSandboxId })).stats?.attributes?.id).toBe(sandboxId);
    const cmd = ['x'];
    expect((await runtime.execSync({ containerId, cmd, timeout: 0n })).exitCode).toBe(0);
    for (const { url } of [
      await runtime.exec({ containerId, cmd, stdout: true }),
      await runtime.attach({ containerId, stdout: true }),
      await runtime.portForward({ podSandboxId }),
    ])
      expect(url).toContain('http://');
    await runtime.reopenContainerLog({ containerId });
    await runtime.updateContainerResources({ containerId, linux: { cpuShares: 5n } });
    await runtime.updatePodSandboxResources({ podSandboxId, resources: { cpuShares: 5n } });
    await runtime.stopContainer({ containerId, timeout: 0n });
    await runtime.removeContainer({ containerId });
    await runtime.stopPodSandbox({ podSandboxId });
    await runtime.removePodSandbox({ podSandboxId });
    expect((await runtime.listPodSandbox({})).items).toEqual([]);
  });

  it('does nothing to anything where the digits could be those of several', async () => {
    const { runtime } = pretended.client;
    // Ids of 17 pods cannot all begin with another digit.
    const ids = await Promise.all(Array.from({ length: 17 }, () => pod()));
    const first = ids.map((id) => id.charAt(0)).find((digit, index, all) => all.indexOf(digit) !== index) ?? '';
    const refused = { status: Code.INVALID_ARGUMENT };
    for (const call of [
      runtime.podSandboxStatus,
      runtime.stopPodSandbox,
      runtime.removePodSandbox,
      runtime.portForward,
    ])
      await expect(call({ podSandboxId: first })).rejects.toMatchObject(refused);
    expect((await runtime.listPodSandbox({ filter: { id: first } })).items).toEqual([]);
    expect((await runtime.listPodSandbox({})).items).toHaveLength(17);
  });

  it('takes what is unknown for stopped and removed, and nothing else', async () => {
    const { runtime } = pretended.client;
    for (const id of ['0123456789abc', 'no-id']) {
      await runtime.stopContainer({ containerId: id, timeout: 0n });
      await runtime.removeContainer({ containerId: id });
      await runtime.stopPodSandbox({ podSandboxId: id });
      await runtime.removePodSandbox({ podSandboxId: id });
      const missing = { status: Code.NOT_FOUND };
      await expect(runtime.startContainer({ containerId: id })).rejects.toMatchObject(missing);
      await expect(runtime.containerStatus({ containerId: id })).rejects.toMatchObject(missing);
      await expect(runtime.exec({ containerId: id, cmd: ['x'], stdout: true })).rejects.toMatchObject(missing);
      await expect(runtime.podSandboxStatus({ podSandboxId: id })).rejects.toMatchObject(missing);
    }
  });

  const container = async (podSandboxId: string): Promise<string> => {
    const config = { metadata: { name: 'c', attempt: 0 }, image, logPath: 'c.log' };
    return (await pretended.client.runtime.createContainer({ podSandboxId, config })).containerId;
  };

  it('refuses limits that it could not set as they are asked for, and says which', async () => {
    const { runtime } = pretended.client;
    const containerId = await container(await pod());
    const refused = async (request: object, status: Code, text: string) =>
      expect(runtime.updateContainerResources({ containerId, ...request })).rejects.toMatchObject({
        status,
        message: expect.stringContaining(text),
      });
    await refused({ linux: { memoryLimitInBytes: 2n ** 63n - 1n } }, Code.INVALID_ARGUMENT, 'memory_limit_in_bytes');
    await refused({ linux: { oomScoreAdj: 2000n } }, Code.INVALID_ARGUMENT, 'oom_score_adj');
    await refused({ windows: {} }, Code.INVALID_ARGUMENT, 'windows');
    await refused({ annotations: { 'example.com/turbo': 'on' } }, Code.UNIMPLEMENTED, 'example.com/turbo');
    await expect(runtime.updateContainerResources({ containerId: 'none' })).rejects.toMatchObject({
      status: Code.NOT_FOUND,
    });
    expect((await runtime.containerStatus({ containerId })).status?.resources?.linux).toBeUndefined();
  });

  it('starts once, and stops and removes as often as it is asked', async () => {
    const { runtime, images } = pretended.client;
    const podSandboxId = await pod();
    const containerId = await container(podSandboxId);
    await runtime.startContainer({ containerId });
    await expect(runtime.startContainer({ containerId })).rejects.toMatchObject({ status: Code.FAILED_PRECONDITION });
    // What runs keeps what it stands on; the image is gone all the same.
    await images.removeImage({ image });
    await images.removeImage({ image });
    expect((await images.imageStatus({ image })).image).toBeUndefined();
    expect((await runtime.containerStatus({ containerId })).status?.image).toMatchObject(image);
    for (let time = 0; time < 2; time++) await runtime.stopContainer({ containerId, timeout: 1n });
    await expect(runtime.startContainer({ containerId })).rejects.toMatchObject({ status: Code.FAILED_PRECONDITION });
    for (let time = 0; time < 2; time++) await runtime.removeContainer({ containerId });
    for (let time = 0; time < 2; time++) await runtime.stopPodSandbox({ podSandboxId });
    for (let time = 0; time < 2; time++) await runtime.removePodSandbox({ podSandboxId });
  });

  it('starts nothing in a pod that has stopped, and leaves nothing running or made beside its end', async () => {
    const { runtime } = pretended.client;
    const stopped = await pod();
    const late = await container(stopped);
    await runtime.stopPodSandbox({ podSandboxId: stopped });
    const refused = { status: Code.FAILED_PRECONDITION };
    await expect(runtime.startContainer({ containerId: late })).rejects.toMatchObject(refused);
    for (const end of ['stopPodSandbox', 'removePodSandbox'] as const) {
      for (let round = 0; round < 20; round++) {
        const podSandboxId = await pod();
        const containerId = await container(podSandboxId);
        const config = { metadata: { name: 'beside', attempt: round }, image };
        await Promise.allSettled([
          runtime[end]({ podSandboxId }),
          runtime.startContainer({ containerId }),
          runtime.createContainer({ podSandboxId, config }),
        ]);
        const { containers } = await runtime.listContainers({ filter: { podSandboxId } });
        expect(containers.filter(({ state }) => state === ContainerState.CONTAINER_RUNNING)).toEqual([]);
        if (end === 'removePodSandbox') expect(containers).toEqual([]);
      }
    }
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
});

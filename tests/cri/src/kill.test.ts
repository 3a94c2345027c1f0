import { SystemClock } from '@kubewright/core';
import { SeededRandom } from '@kubewright/core/testing';
import { readLog } from '@kubewright/cri-sdk';
import { ContainerState } from '@kubewright/cri-sdk/v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultPoints } from './fault-points.js';
import { podDown, podUp } from './pod-life.js';
import type { RunningPod } from './pod-life.js';
import { missingHere } from './programs.js';
import { Testbed } from './testbed.js';
import type { Remains } from './testbed.js';

const missing = missingHere();

describe.skipIf(missing.length > 0)(`a killed daemon (needs ${['root', 'crun', 'conmon'].join(', ')})`, () => {
  let bed: Testbed;
  let steady: RunningPod;
  let calm: Remains;

  beforeAll(async () => {
    bed = await Testbed.open();
    await bed.daemon.start();
    await bed.daemon.client.images.pullImage({ image: { image: bed.image } });
    steady = await podUp(bed);
    calm = await bed.remains();
  });
  afterAll(async () => {
    await podDown(bed, steady);
    const starts = bed.daemon.starts.toSorted((one, other) => one - other);
    const [median, most] = [starts[starts.length >> 1], starts.at(-1)].map((one) => one?.toFixed(0));
    process.stdout.write(`recovery in ${median} ms, at most ${most} ms\n`);
    await bed[Symbol.asyncDispose]();
  });

  /** The container was never interrupted, and its log has every line, once and in order. */
  const checkSteady = async ({ containerId, logPath }: RunningPod): Promise<void> => {
    const { status } = await bed.daemon.call(({ runtime }) => runtime.containerStatus({ containerId }));
    expect(status?.state).toBe(ContainerState.CONTAINER_RUNNING);
    let next = 0;
    for await (const { content } of readLog(logPath, { signal: AbortSignal.timeout(5_000) })) {
      expect(content.toString()).toBe(`line ${next++}`);
    }
    expect(next).toBeGreaterThan(0);
  };

  it.for(faultPoints)('%s: the pod comes up and goes, others run on, nothing is left', async (point) => {
    const before = bed.daemon.starts.length;
    bed.daemon.killAt(point);
    await podDown(bed, await podUp(bed));
    expect(bed.daemon.starts.length).toBe(before + 1);
    await checkSteady(steady);
    expect(await bed.remains()).toEqual(calm);
  });

  it('any time under 20 pods: all come up, run on and go', { timeout: 240_000 }, async () => {
    const random = new SeededRandom(1);
    const clock = new SystemClock();
    const killing = (async () => {
      for (let kills = 0; kills < 8; kills++) {
        await clock.sleep(150 + random.next() * 400);
        await bed.daemon.kill();
        await bed.daemon.start();
      }
    })();
    const pods = await Promise.all(Array.from({ length: 20 }, () => podUp(bed)));
    await killing;
    for (const pod of pods) await checkSteady(pod);
    await bed.daemon.kill();
    await bed.daemon.start();
    await Promise.all(pods.map((pod) => podDown(bed, pod)));
    await checkSteady(steady);
    expect(await bed.remains()).toEqual(calm);
  });

  it('lets calls for the same thing join, and keeps no name', async () => {
    const { client } = bed.daemon;
    const config = bed.podConfig();
    const sandboxes = await Promise.all([1, 2, 3].map(() => client.runtime.runPodSandbox({ config })));
    const [podSandboxId = ''] = new Set(sandboxes.map((one) => one.podSandboxId));
    expect(new Set(sandboxes.map((one) => one.podSandboxId)).size).toBe(1);
    const request = { podSandboxId, config: bed.containerConfig('exit 0'), sandboxConfig: config };
    const containers = await Promise.all([1, 2, 3].map(() => client.runtime.createContainer(request)));
    expect(new Set(containers.map((one) => one.containerId)).size).toBe(1);
    const wrong = {
      ...bed.containerConfig('exit 0'),
      devices: [{ hostPath: '/etc/passwd', containerPath: '/d', permissions: 'r' }],
    };
    const failing = {
      podSandboxId,
      config: { ...wrong, metadata: { name: 'other', attempt: 0 } },
      sandboxConfig: config,
    };
    await expect(client.runtime.createContainer(failing)).rejects.toThrow(/none/);
    await client.runtime.createContainer({ ...failing, config: { ...failing.config, devices: [] } });
    await client.runtime.removePodSandbox({ podSandboxId });
    expect(await bed.remains()).toEqual(calm);
  });
});

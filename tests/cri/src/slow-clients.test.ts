import { stat } from 'node:fs/promises';
import type { CriClient } from '@kubewright/cri-sdk';
import { SpdyClient } from '@kubewright/cri-sdk/testing';
import { ContainerState } from '@kubewright/cri-sdk/v1';
import { SystemClock } from '@kubewright/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podDown, podUp } from './pod-life.js';
import { missingHere } from './programs.js';
import { Testbed } from './testbed.js';
import { WebSocketClient } from './web-socket-client.js';

const clock = new SystemClock();
const waits = 'trap "exit 0" TERM; while :; do sleep 0.05; done';
/** More than all buffers on the way hold, which is what a client that stalls leaves in them. */
const size = 4_177_000;
/** Longer than a command's leftovers are waited for. */
const stall = 2_500;

/** Clients of exec that stop reading, and what others have of it. kubernetes#124571, podman#9096, cri-o#6699. */
describe.skipIf(missingHere('head').length > 0)('clients that do not read (needs root, crun, conmon)', () => {
  let bed: Testbed;
  beforeAll(async () => {
    bed = await Testbed.open({}, ['sh', 'sleep', 'cat', 'head']);
    await bed.daemon.start();
    await bed.daemon.client.images.pullImage({ image: { image: bed.image } });
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const runtime = (): CriClient['runtime'] => bed.daemon.client.runtime;
  const exec = async (containerId: string, script: string, tty = false): Promise<string> => {
    const cmd = ['/bin/sh', '-c', script];
    return (await runtime().exec({ containerId, cmd, stdout: true, tty })).url;
  };
  const state = async (containerId: string) =>
    (await runtime().containerStatus({ containerId })).status?.state ?? ContainerState.CONTAINER_UNKNOWN;

  it.each([false, true])(
    'get all that a command printed before they are told that it succeeded (tty: %s)',
    async (tty) => {
      const pod = await podUp(bed, waits);
      const script = `head -c ${size} /dev/zero`;
      const web = await WebSocketClient.connect(await exec(pod.containerId, script, tty));
      const spdy = await SpdyClient.connect(await exec(pod.containerId, script, tty), ['v4.channel.k8s.io']);
      const types = tty ? ['error', 'stdout', 'resize'] : ['error', 'stdout'];
      const [error, stdout] = await Promise.all(types.map((streamType) => spdy.open({ streamType })));
      web.pause();
      spdy.pause();
      await clock.sleep(stall);
      web.resume();
      spdy.resume();
      await Promise.all([web.closed, error?.ended, stdout?.ended]);
      const got = [web.received(1).length, stdout?.text().length];
      const told = [web.received(3).toString(), error?.text() ?? ''].map((text) => JSON.parse(text) as unknown);
      expect([...got, ...told]).toMatchObject([size, size, { status: 'Success' }, { status: 'Success' }]);
      spdy.close();
      await podDown(bed, pod);
    },
  );

  it('do not keep a container from stopping, whatever a command on a terminal has printed', async () => {
    const pod = await podUp(bed, waits);
    const { containerId } = pod;
    const clients = await Promise.all(
      [0, 1].map(async () => WebSocketClient.connect(await exec(containerId, 'cat /dev/zero', true))),
    );
    for (const client of clients) client.pause();
    await clock.sleep(1_500);
    // Nobody kills it before an hour is over: it is answered when the container has ended by itself.
    await runtime().stopContainer({ containerId, timeout: 3_600n });
    expect(await state(containerId)).toBe(ContainerState.CONTAINER_EXITED);
    for (const client of clients) client.close();
    await podDown(bed, pod);
  });

  it('do not keep a container running whose first process has ended', async () => {
    const pod = await podUp(bed, 'until [ -e /tmp/go ]; do sleep 0.05; done; exit 3');
    const { containerId } = pod;
    const client = await WebSocketClient.connect(await exec(containerId, 'cat /dev/zero', true));
    client.pause();
    await clock.sleep(1_500);
    await runtime().execSync({ containerId, cmd: ['/bin/sh', '-c', ': > /tmp/go'], timeout: 5n });
    await expect.poll(() => state(containerId), { timeout: 5_000 }).toBe(ContainerState.CONTAINER_EXITED);
    client.resume();
    await client.closed;
    expect(client.received(1).length).toBeGreaterThan(0);
    await podDown(bed, pod);
  });

  it('do not hold up the log of a container nor other clients, and are told when they miss something', async () => {
    const line = 'x'.repeat(1_000);
    const count = 20_000;
    const pod = await podUp(
      bed,
      `until [ -e /tmp/go ]; do sleep 0.05; done; i=0; while [ $i -lt ${count} ]; do echo ${line}; i=$((i+1)); done; ${waits}`,
    );
    const { containerId, logPath } = pod;
    const attach = async () => WebSocketClient.connect((await runtime().attach({ containerId, stdout: true })).url);
    const [slow, quick] = [await attach(), await attach()];
    slow.pause();
    await runtime().execSync({ containerId, cmd: ['/bin/sh', '-c', ': > /tmp/go'], timeout: 5n });
    const all = count * (line.length + 1);
    await expect.poll(() => quick.received(1).length, { timeout: 20_000 }).toBe(all);
    await expect.poll(async () => (await stat(logPath)).size, { timeout: 20_000 }).toBeGreaterThan(all);
    slow.resume();
    await slow.closed;
    const status: unknown = JSON.parse(slow.received(3).toString());
    expect(slow.received(1).length === all || status).toMatchObject({ status: 'Failure' });
    quick.close();
    await podDown(bed, pod);
  });
});

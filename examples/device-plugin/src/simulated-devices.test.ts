import { silentLogger } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { FakeKubelet } from '@kubewright/device-sdk/testing';
import { expect, it } from 'vitest';
import { SimulatedDevices } from './simulated-devices.js';

it('offers devices of which one is always broken', async () => {
  await using kubelet = await FakeKubelet.start();
  class Here extends SimulatedDevices {
    override readonly settings = { directory: kubelet.deviceDirectory };
  }
  const clock = new FakeClock();
  const plugin = new Here(clock, silentLogger);
  const stop = new AbortController();
  await plugin.start({ signal: stop.signal, fail: () => undefined });
  const broken = (index: number) =>
    kubelet.devices((devices) => devices.get(plugin.resourceName)?.[index]?.healthy === false);
  const devices = (await broken(0)).get(plugin.resourceName) ?? [];
  expect(devices.map(({ id, healthy }) => [id, healthy])).toEqual([
    ['sim-0', false],
    ['sim-1', true],
    ['sim-2', true],
    ['sim-3', true],
  ]);
  await clock.advance(30_000);
  await broken(1);
  const { envs } = await kubelet.manager.endpoint(plugin.resourceName).allocate(['sim-2', 'sim-3']);
  expect(envs).toEqual({ SIMULATED_DEVICES: 'sim-2,sim-3' });
  stop.abort();
  await plugin.stop();
});

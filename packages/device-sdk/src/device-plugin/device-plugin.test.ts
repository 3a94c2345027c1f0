import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemClock, silentLogger } from '@kubewright/core';
import { Code } from '@kubewright/grpc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeKubelet } from '../testing/fake-kubelet.js';
import type { Device } from './device.js';
import { DevicePlugin } from './device-plugin.js';
import type { Allocation, PreferenceRequest } from './allocation.js';
import { Latest } from './latest.js';

const resource = 'example.com/accelerator';

class Accelerators extends DevicePlugin {
  readonly resourceName: string = resource;
  override readonly settings;
  readonly list = new Latest<readonly Device[]>();
  readonly started: string[] = [];

  constructor(directory: string) {
    super(new SystemClock(), silentLogger);
    this.settings = { directory };
    this.list.set([{ id: 'a', numaNodes: [1] }, { id: 'b' }]);
  }

  override devices(signal: AbortSignal): AsyncIterable<readonly Device[]> {
    return this.list.values(signal);
  }

  override async allocate(ids: readonly string[]): Promise<Allocation> {
    return { cdiDevices: ids.map((id) => `${resource}=${id}`), envs: { ACCELERATORS: ids.join(',') } };
  }

  override async preferredDevices({ available, size }: PreferenceRequest): Promise<readonly string[]> {
    return available.toReversed().slice(0, size);
  }

  override async preStartContainer(ids: readonly string[]): Promise<void> {
    this.started.push(...ids);
  }
}

describe('DevicePlugin', () => {
  let kubelet: FakeKubelet;
  let plugin: Accelerators;
  let stop: AbortController;
  const healthOf = (devices: ReadonlyMap<string, readonly Device[]>): unknown =>
    devices.get(resource)?.map(({ id, healthy }) => [id, healthy]);

  beforeEach(async () => {
    kubelet = await FakeKubelet.start();
    plugin = new Accelerators(kubelet.deviceDirectory);
    stop = new AbortController();
    await plugin.start({ signal: stop.signal, fail: () => undefined });
  });

  afterEach(async () => {
    stop.abort();
    await plugin.stop();
    await kubelet[Symbol.asyncDispose]();
  });

  it('registers, and tells of every change of its devices', async () => {
    const first = await kubelet.devices((devices) => devices.has(resource));
    expect(first.get(resource)).toEqual([
      { id: 'a', healthy: true, numaNodes: [1] },
      { id: 'b', healthy: true },
    ]);
    plugin.list.set([{ id: 'a', healthy: false }]);
    const next = await kubelet.devices((devices) => devices.get(resource)?.length === 1);
    expect(healthOf(next)).toEqual([['a', false]]);
  });

  it('says what a container needs, which devices fit best, and prepares them', async () => {
    await kubelet.devices((devices) => devices.has(resource));
    const endpoint = kubelet.manager.endpoint(resource);
    const { cdiDevices, envs } = await endpoint.allocate(['a', 'b']);
    expect([cdiDevices.map(({ name }) => name), envs]).toEqual([
      [`${resource}=a`, `${resource}=b`],
      { ACCELERATORS: 'a,b' },
    ]);
    expect(await endpoint.preferred({ available: ['a', 'b'], mustInclude: [], size: 1 })).toEqual(['b']);
    const broken = endpoint.preferred({ available: ['a', 'b'], mustInclude: ['a'], size: 1 });
    await expect(broken).rejects.toThrow('an answer that cannot be used');
    await endpoint.preStart(['a']);
    expect(plugin.started).toEqual(['a']);
  });

  it('gives no device that does not exist or is unhealthy', async () => {
    plugin.list.set([{ id: 'a', healthy: false }]);
    await kubelet.devices((devices) => devices.get(resource)?.length === 1);
    const endpoint = kubelet.manager.endpoint(resource);
    await expect(endpoint.allocate(['x'])).rejects.toMatchObject({ status: Code.NOT_FOUND });
    await expect(endpoint.allocate(['a'])).rejects.toMatchObject({ status: Code.FAILED_PRECONDITION });
  });

  it('serves and registers again after a restart of the kubelet', async () => {
    await kubelet.devices((devices) => devices.has(resource));
    await kubelet.restart();
    expect(healthOf(await kubelet.devices((devices) => devices.has(resource)))).toEqual([
      ['a', true],
      ['b', true],
    ]);
    expect((await kubelet.manager.endpoint(resource).allocate(['a'])).envs).toEqual({ ACCELERATORS: 'a' });
  });

  it('comes back when only its socket was deleted', async () => {
    await kubelet.devices((devices) => devices.has(resource));
    await rm(join(kubelet.deviceDirectory, 'example.com-accelerator.sock'));
    await kubelet.devices(
      (devices) => healthOf(devices) !== undefined && devices.get(resource)?.[0]?.healthy === false,
    );
    await kubelet.devices((devices) => devices.get(resource)?.[0]?.healthy === true);
  });

  it('leaves its devices unhealthy when it goes', async () => {
    await kubelet.devices((devices) => devices.has(resource));
    stop.abort();
    await plugin.stop();
    const left = await kubelet.devices((devices) => devices.get(resource)?.[0]?.healthy === false);
    expect(healthOf(left)).toEqual([
      ['a', false],
      ['b', false],
    ]);
    expect(() => kubelet.manager.endpoint(resource)).toThrow('no device plugin offers');
  });

  it('fails its host for devices that cannot be offered, and refuses a bad resource name', async () => {
    const failing = new Accelerators(kubelet.deviceDirectory);
    failing.list.set([{ id: 'twin' }, { id: 'twin' }]);
    Object.assign(failing, { resourceName: 'example.com/twins' });
    const failed = new Promise((resolve) => {
      void failing.start({ signal: stop.signal, fail: resolve });
    });
    expect(String(await failed)).toContain('another device has the same id');
    await failing.stop();
    Object.assign(failing, { resourceName: 'nodomain' });
    await expect(failing.start({ signal: stop.signal, fail: () => undefined })).rejects.toThrow(
      'no name of an extended resource',
    );
  });
});

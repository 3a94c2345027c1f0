import { create } from '@bufbuild/protobuf';
import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemRandom, silentLogger } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import {
  ContainerConfigSchema,
  ContainerEventType,
  LinuxContainerResourcesSchema,
  PodSandboxConfigSchema,
} from '@kubewright/cri-sdk/v1';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContentStore } from '../content/content-store.js';
import { ImageStore } from '../images/image-store.js';
import type { Sandbox } from '../sandboxes/sandbox-record.js';
import { RecordStore } from '../state/record-store.js';
import { DeferredRemoval } from '../state/deferred-removal.js';
import {
  PretendedMonitor,
  PretendedSnapshotter,
  pretendedGroup,
  pretendedImage,
  pretendedOciRuntime,
} from '../testing/pretended-parts.js';
import { readBundle } from '../oci/bundle.js';
import { ContainerManager } from './container-manager.js';
import type { ContainerManagerOptions } from './container-manager.js';
import { ContainerMounts } from './container-mounts.js';
import type { Container, StoredContainer } from './container-record.js';

const sandbox: Sandbox = {
  id: 'f'.repeat(64),
  config: create(PodSandboxConfigSchema),
  handler: '',
  phase: 'ready',
  createdAt: 0,
  addresses: [],
  boot: '',
};

describe('ContainerManager', () => {
  let home: string;
  let clock: FakeClock;
  let monitorIsAlive: boolean;
  const opened: ContainerManager[] = [];
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-containers-'));
    for (const name of ['exits', 'bundles']) await mkdir(at(name));
    clock = new FakeClock();
    monitorIsAlive = true;
  });
  afterEach(async () => {
    for (const manager of opened.splice(0)) manager.close();
    await rm(home, { recursive: true, force: true });
  });

  const at = (...names: string[]): string => join(home, ...names);
  const oci = () => pretendedOciRuntime(at('exits'));
  const open = async (runtime = oci(), more: Partial<ContainerManagerOptions> = {}): Promise<ContainerManager> => {
    const random = new SystemRandom();
    const snapshotter = new PretendedSnapshotter(at('roots'));
    const content = new ContentStore(at('content'));
    const images = new ImageStore({ directory: at('images'), content, snapshotter, random });
    const monitor = new PretendedMonitor({ prefix: [], exits: at('exits'), timeout: 1_000, clock });
    monitor.isAlive = async () => monitorIsAlive;
    const removal = new DeferredRemoval(at('trash'), random);
    await removal.open();
    const manager = new ContainerManager({
      records: new RecordStore<StoredContainer>({
        directory: at('records'),
        kind: 'container',
        logger: silentLogger,
      }),
      images,
      snapshotter,
      monitor,
      runtimes: new Map([['', runtime]]),
      mounts: new ContainerMounts({ directory: at('mounts'), images, snapshotter, always: false }),
      users: () => undefined,
      prepare: async (container) => container,
      group: () => pretendedGroup,
      hugePages: false,
      lowestOomScore: -1000,
      removal,
      onOtherExit: async () => undefined,
      onEvent: () => undefined,
      bundles: at('bundles'),
      exits: at('exits'),
      clock,
      random,
      logger: silentLogger,
      ...more,
    });
    opened.push(manager);
    await manager.open();
    return manager;
  };
  const made = (manager: ContainerManager): Promise<Container> => {
    const config = create(ContainerConfigSchema, { metadata: { name: 'c', attempt: 0 } });
    return manager.create(sandbox, config, pretendedImage('test/image:1'), 'test/image:1');
  };
  const running = async (manager: ContainerManager): Promise<Container> => {
    const { id } = await made(manager);
    await manager.start(id);
    return manager.find(id) ?? expect.fail('it is not there');
  };
  const isOver = (manager: ContainerManager, id: string) =>
    expect.poll(() => manager.find(id), { interval: 5 }).toMatchObject({ phase: 'exited' });

  it('takes the time of an end from the exit code, and never one before the start', async () => {
    const manager = await open();
    const times = [60_000, -60_000].map((since) => clock.now() + since);
    for (const time of times) {
      const { id, startedAt } = await running(manager);
      await writeFile(at('exits', 'new'), '3');
      await utimes(at('exits', 'new'), time / 1000, time / 1000);
      await rename(at('exits', 'new'), at('exits', id));
      await isOver(manager, id);
      const finishedAt = Math.max(time, startedAt);
      expect(manager.find(id)).toMatchObject({ exitCode: 3, finishedAt, reason: 'Error' });
      await manager.remove(id);
    }
  });

  it('learns from a sweep what no notice told: exits of containers and of others', async () => {
    const others: string[] = [];
    const manager = await open(oci(), { onOtherExit: async (id) => void others.push(id) });
    const { id } = await running(manager);
    await rm(at('exits'), { recursive: true });
    await mkdir(at('exits'));
    for (const name of [id, sandbox.id]) await writeFile(at('exits', name), '0');
    await clock.advance(1_000);
    await isOver(manager, id);
    expect(others).toContain(sandbox.id);
  });

  it('ends a container whose monitor was killed, now and then and when it is stopped', async () => {
    const manager = await open({ ...oci(), kill: async () => undefined });
    const { id } = await running(manager);
    monitorIsAlive = false;
    await clock.advance(9_000);
    expect(manager.find(id)).toMatchObject({ phase: 'running' });
    await clock.advance(1_000);
    await isOver(manager, id);
    expect(manager.find(id)).toMatchObject({ exitCode: 255, reason: 'ContainerStatusUnknown' });
    await manager.remove(id);
    monitorIsAlive = true;
    const other = await running(manager);
    monitorIsAlive = false;
    await manager.stop(other.id, 0);
    expect(manager.find(other.id)).toMatchObject({ phase: 'exited', exitCode: 255 });
  });

  it('kills what a container left, and has the OCI runtime delete only what is more than its record', async () => {
    const done: string[] = [];
    const deleting = { ...oci(), delete: async () => void done.push('delete') };
    const forgetting = { ...deleting, forget: async () => done.push('forget') > 0 };
    let left = 2;
    const group = { ...pretendedGroup, kill: async () => left-- };
    const busy = async () => Promise.reject(Object.assign(new Error('busy'), { code: 'EBUSY' }));
    for (const [runtime, options] of [
      [deleting, {}],
      [forgetting, {}],
      [forgetting, { group: () => ({ ...pretendedGroup, remove: busy }) }],
      [{ ...forgetting, forget: async () => false }, {}],
    ] as const) {
      const manager = await open(runtime, { group: () => group, ...options });
      const { id } = await running(manager);
      await manager.stop(id, 0);
      await clock.advance(100);
      await manager.remove(id);
      done.push('');
    }
    expect([done.join(' ').trim(), left < 0]).toEqual(['delete  forget  delete  delete', true]);
  });

  it('a start whose record cannot be written is an end, whether that can be written or not', async () => {
    const manager = await open({ ...oci(), start: () => rm(at('records'), { recursive: true }) });
    const { id } = await made(manager);
    await expect(manager.start(id)).rejects.toThrow(/ENOENT/);
    expect(manager.find(id)).toMatchObject({ phase: 'exited', reason: 'StartError' });
  });

  it('stops a container that is started while it is being removed', async () => {
    const ended: string[] = [];
    const onEvent: ContainerManagerOptions['onEvent'] = (container, type) => {
      if (type === ContainerEventType.CONTAINER_STOPPED_EVENT) ended.push(container.id);
    };
    const manager = await open(oci(), { onEvent });
    const { id } = await made(manager);
    // The removal finds nothing to stop; by its turn the container runs.
    const [removed, started] = [manager.remove(id), manager.start(id)];
    await Promise.all([started, removed]);
    expect([manager.find(id), ended]).toEqual([undefined, [id]]);
  });

  it('gives a container all of the longest time that can be asked for', async () => {
    const signals: string[] = [];
    const manager = await open({ ...oci(), kill: async (_id, signal) => void signals.push(signal) });
    const { id } = await running(manager);
    const longest = Number(2n ** 63n - 1n) * 1000;
    const stopping = manager.stop(id, longest);
    await expect.poll(() => signals, { interval: 5 }).toEqual(['TERM']);
    await clock.advance(60_000);
    expect(signals).toEqual(['TERM']);
    await writeFile(at('exits', id), '0');
    await stopping;
    expect(manager.find(id)).toMatchObject({ phase: 'exited', exitCode: 0 });
  });

  it('frees the layers of an image that was removed while it was used, once nothing uses it', async () => {
    const kept: (readonly string[])[] = [];
    class Snapshotter extends PretendedSnapshotter {
      override async keepOnly(needed?: () => ReadonlySet<string>): Promise<void> {
        kept.push([...(needed?.() ?? [])]);
      }
    }
    const [snapshotter, content] = [new Snapshotter(at('roots')), new ContentStore(at('content'))];
    await content.open();
    const images = new ImageStore({ directory: at('images'), content, snapshotter, random: new SystemRandom() });
    await images.open();
    const image = await images.put({ ...pretendedImage('test/image:1'), layers: ['layer'] });
    const manager = await open(oci(), { images, snapshotter });
    const config = create(ContainerConfigSchema, { metadata: { name: 'c', attempt: 0 } });
    const { id } = await manager.create(sandbox, config, image, 'test/image:1');
    await images.remove(image.id);
    expect(kept).toEqual([['layer']]);
    await manager.remove(id);
    await expect.poll(() => kept, { interval: 5 }).toEqual([['layer'], []]);
    await images.settled();
  });

  it('takes the limit of processors away from a container that runs', async () => {
    const [told, set]: [object[], object[]] = [[], []];
    const update = async (_id: string, resources: object) => void told.push(resources);
    const group = () => ({ ...pretendedGroup, setLimits: async (limits: object) => void set.push(limits) });
    const manager = await open({ ...oci(), update }, { group });
    const { id } = await running(manager);
    for (const limits of [{ cpuQuota: 20_000n, cpuPeriod: 50_000n }, { cpuQuota: -1n }])
      await manager.update(id, create(LinuxContainerResourcesSchema, limits));
    expect([told, set]).toEqual([
      [{ cpu: { quota: 20_000, period: 50_000 } }, {}],
      [{ cpuQuota: 'max', cpuPeriod: 50_000 }],
    ]);
    expect(manager.find(id)?.config.linux?.resources).toMatchObject({ cpuQuota: -1n, cpuPeriod: 50_000n });
  });

  it('keeps other limits for a container that was not started', async () => {
    const manager = await open();
    const { id } = await made(manager);
    const devices = [{ allow: false, access: 'rwm' }];
    await mkdir(at('bundles', id));
    const spec = { linux: { resources: { cpu: { shares: 5 }, devices } } };
    await writeFile(at('bundles', id, 'config.json'), JSON.stringify(spec));
    for (const limits of [{ cpuShares: 7n }, { memoryLimitInBytes: 9n }])
      await manager.update(id, create(LinuxContainerResourcesSchema, limits));
    const { resources } = (await readBundle(at('bundles', id))).linux;
    expect(resources).toEqual({ cpu: { shares: 7 }, memory: { limit: 9 }, devices });
  });

  it('serves before what an earlier process left half done is undone', async () => {
    const earlier = await open();
    const { id } = await running(earlier);
    earlier.close();
    monitorIsAlive = false;
    const manager = await open({ ...oci(), delete: () => new Promise(() => undefined) });
    expect(manager.find(id)).toMatchObject({ phase: 'exited', reason: 'ContainerStatusUnknown' });
  });
});

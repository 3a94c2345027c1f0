import { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { StorageClass } from '@kubewright/api/storage/v1';
import { TestCluster } from '@kubewright/cluster/testing';
import { IdentityService } from '@kubewright/csi-sdk';
import { csiSidecars } from '@kubewright/csi-sidecars';
import { FakeController, FakeDriver, startDriver } from '@kubewright/csi-sdk/testing';
import type { ControllerExpandVolumeRequest, CreateVolumeRequest } from '@kubewright/csi-sdk/v1';
import { describe, expect, it } from 'vitest';

interface Answer {
  readonly volumeId: string;
  readonly capacityBytes: bigint;
}

/** Makes what it is told, and says something else. */
class WrongController extends FakeController {
  answer: Partial<Answer> = {};
  expanded: bigint | undefined;
  expansions = 0;

  override async createVolume(request: CreateVolumeRequest): ReturnType<FakeController['createVolume']> {
    const { volume } = await super.createVolume(request);
    const { volumeId = '', capacityBytes = 0n } = volume ?? {};
    return { volume: { volumeId, capacityBytes, ...this.answer } };
  }

  override async controllerExpandVolume(
    request: ControllerExpandVolumeRequest,
  ): ReturnType<FakeController['controllerExpandVolume']> {
    this.expansions++;
    const answer = await super.controllerExpandVolume(request);
    return this.expanded === undefined ? answer : { ...answer, capacityBytes: this.expanded };
  }
}

class LateIdentity extends IdentityService {
  ready = true;

  override probe(): ReturnType<IdentityService['probe']> {
    return Promise.resolve({ ready: this.ready });
  }
}

class WrongDriver extends FakeDriver {
  override readonly identity = new LateIdentity();
  override readonly controller = new WrongController(this.clock);
}

async function start(prepare: (driver: WrongDriver) => void) {
  const stack = new AsyncDisposableStack();
  const { driver, socketPath } = stack.use(await startDriver((...all) => new WrongDriver(...all)));
  prepare(driver);
  const sidecars = csiSidecars({ endpoint: socketPath, only: ['provisioner', 'resizer'] });
  const cluster = stack.use(await TestCluster.start({ controllers: sidecars }));
  const { client } = cluster;
  const allowVolumeExpansion = true;
  await client.create(StorageClass, { metadata: { name: 'fast' }, provisioner: driver.name, allowVolumeExpansion });
  await client.create(PersistentVolumeClaim, {
    metadata: { name: 'data', namespace: 'default' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      resources: { requests: { storage: '1Gi' }, limits: { storage: '2Gi' } },
    },
  });
  const phase = async () => (await client.get(PersistentVolumeClaim, { name: 'data' })).status?.phase;
  const told = (text: string) =>
    cluster.eventually(async () => {
      const { items } = await client.list(Event, { namespace: 'default' });
      expect(items.map(({ note }) => note).join('\n')).toContain(text);
    });
  return { driver, client, cluster, phase, told, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('a driver that makes another volume than was asked for', () => {
  it.each<[string, Partial<Answer>, string]>([
    ['a smaller one', { capacityBytes: 1n }, 'it has 1 bytes'],
    ['a larger one than the limit', { capacityBytes: 1n << 40n }, 'at most 2147483648'],
  ])('has %s taken back, and the claim is told; a right one is taken', async (_what, answer, note) => {
    await using world = await start(({ controller }) => (controller.answer = answer));
    const { driver, cluster } = world;
    await world.told(note);
    await cluster.eventually(() => expect(driver.controller.volumes.size).toBe(0));
    expect(await world.phase()).toBe('Pending');
    driver.controller.answer = {};
    await cluster.eventually(async () => expect(await world.phase()).toBe('Bound'));
  });

  it('has a volume without an id not taken for one', async () => {
    await using world = await start(({ controller }) => (controller.answer = { volumeId: '' }));
    await world.told('the driver answered without a volume');
    expect(await world.phase()).toBe('Pending');
  });

  it('is not believed to have grown a volume that it has not', async () => {
    await using world = await start(({ controller }) => (controller.expanded = 1n));
    const { driver, client, cluster } = world;
    await cluster.eventually(async () => expect(await world.phase()).toBe('Bound'));
    const patch = { spec: { resources: { requests: { storage: '2Gi' } } } };
    await client.patch(PersistentVolumeClaim, { name: 'data' }, { type: 'merge', patch });
    await world.told('the driver answered with 1 bytes where 2147483648 were asked for');
    driver.controller.expanded = undefined;
    await cluster.eventually(async () =>
      expect((await client.get(PersistentVolumeClaim, { name: 'data' })).status?.capacity).toEqual({ storage: '2Gi' }),
    );
  });
});

describe('a driver that says that it is not ready', () => {
  it('is asked for nothing until it is', async () => {
    await using world = await start(({ identity }) => (identity.ready = false));
    const { driver, client, cluster } = world;
    await cluster.eventually(async () => {
      const { metadata } = await client.get(PersistentVolumeClaim, { name: 'data' });
      expect(metadata.annotations).toHaveProperty(['volume.kubernetes.io/storage-provisioner']);
    });
    expect(driver.controller.volumes.size).toBe(0);
    driver.identity.ready = true;
    await cluster.eventually(async () => expect(await world.phase()).toBe('Bound'));
  });
});

import { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { StorageClass } from '@kubewright/api/storage/v1';
import { TestCluster } from '@kubewright/cluster/testing';
import { csiSidecars } from '@kubewright/csi-sidecars';
import { FakeController, FakeDriver, startDriver } from '@kubewright/csi-sdk/testing';
import { ControllerServiceCapability_RPC_Type as Rpc } from '@kubewright/csi-sdk/v1';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { describe, expect, it } from 'vitest';

/** Says how its volumes are. */
class HonestController extends FakeController {
  override readonly features = {
    cloneVolume: true,
    publishReadOnly: true,
    listPublishedNodes: true,
    volumeCondition: true,
  };
  condition = { abnormal: false, message: 'fine' };
  isSilent = false;
  canList = true;
  /** Every page leads to the same one. */
  isEndless = false;
  lists = 0;

  override async controllerGetCapabilities(
    ...call: Parameters<FakeController['controllerGetCapabilities']>
  ): ReturnType<FakeController['controllerGetCapabilities']> {
    const { capabilities = [] } = await super.controllerGetCapabilities(...call);
    const known = capabilities.filter(({ type }) => type?.case !== 'rpc' || type.value.type !== Rpc.LIST_VOLUMES);
    return { capabilities: this.canList ? [...capabilities] : known };
  }

  override async controllerGetVolume(): ReturnType<FakeController['controllerGetVolume']> {
    return { status: { volumeCondition: this.condition } };
  }

  override async listVolumes(): ReturnType<FakeController['listVolumes']> {
    if (this.isSilent) throw new GrpcStatusError(Code.UNAVAILABLE, 'not now');
    const status = { volumeCondition: this.condition };
    this.lists++;
    const entries = [...this.volumes.keys()].map((volumeId) => ({ volume: { volumeId }, status }));
    return { entries, nextToken: this.isEndless ? 'again' : '' };
  }
}

class HonestDriver extends FakeDriver {
  override readonly controller = new HonestController(this.clock);
}

async function start({ isSilent = false, canList = true, isEndless = false } = {}) {
  const stack = new AsyncDisposableStack();
  const { driver, socketPath } = stack.use(await startDriver((...services) => new HonestDriver(...services)));
  Object.assign(driver.controller, { isSilent, canList, isEndless });
  const sidecars = csiSidecars({
    endpoint: socketPath,
    only: ['provisioner', 'health-monitor'],
    healthIntervals: { list: 50, volume: 50 },
  });
  const cluster = stack.use(await TestCluster.start({ controllers: sidecars }));
  const { client } = cluster;
  await client.create(StorageClass, { metadata: { name: 'fast' }, provisioner: driver.name });
  for (const name of ['data', 'more']) {
    await client.create(PersistentVolumeClaim, {
      metadata: { name, namespace: 'default' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'fast',
        resources: { requests: { storage: '1Gi' } },
      },
    });
  }
  const told = (reason: string, names: string[]) =>
    cluster.eventually(async () => {
      const { items } = await client.list(Event, { namespace: 'default' });
      const found = items.filter((event) => event.reason === reason);
      expect(new Set(found.map(({ regarding }) => regarding?.name))).toEqual(new Set(names));
      return found;
    });
  return { controller: driver.controller, client, cluster, told, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('the health monitor', () => {
  it.each([
    ['that lists its volumes', true],
    ['that is asked for each volume', false],
  ])('of a driver %s tells of abnormal volumes, and when they are well again', async (_, canList) => {
    await using health = await start({ canList });
    const { controller } = health;
    controller.condition = { abnormal: true, message: 'the disk is old' };
    const [event] = await health.told('VolumeConditionAbnormal', ['data', 'more']);
    expect(event).toMatchObject({ type: 'Warning', note: 'the disk is old' });
    await health.told('VolumeConditionNormal', []);
    controller.condition = { abnormal: false, message: 'fine' };
    await health.told('VolumeConditionNormal', ['data', 'more']);
  });

  it('does not follow a list that leads back to where it was', async () => {
    await using health = await start({ isEndless: true });
    const { controller, cluster } = health;
    controller.condition = { abnormal: true, message: 'the disk is old' };
    // One attempt is two pages: the first, and the one that it leads to.
    await cluster.eventually(() => expect(controller.lists).toBeGreaterThanOrEqual(4));
    controller.isEndless = false;
    await health.told('VolumeConditionAbnormal', ['data', 'more']);
  });

  it('remembers what a monitor before it told', async () => {
    await using health = await start({ isSilent: true });
    const { client, controller } = health;
    const { metadata } = await client.get(PersistentVolumeClaim, { name: 'data' });
    await client.create(Event, {
      metadata: { name: 'earlier', namespace: 'default' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'csi-health-monitor',
      reportingInstance: 'earlier',
      action: 'Reconcile',
      type: 'Warning',
      reason: 'VolumeConditionAbnormal',
      regarding: { kind: 'PersistentVolumeClaim', namespace: 'default', name: 'data', uid: metadata.uid ?? '' },
    });
    controller.isSilent = false;
    await health.told('VolumeConditionNormal', ['data']);
  });
});

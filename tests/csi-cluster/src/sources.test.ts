import { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import type { PersistentVolumeClaimSpec } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { StorageClass } from '@kubewright/api/storage/v1';
import { TestCluster } from '@kubewright/cluster/testing';
import { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent, csiSidecars } from '@kubewright/csi-sidecars';
import { startDriver } from '@kubewright/csi-sdk/testing';
import { Code } from '@kubewright/grpc';
import { describe, expect, it } from 'vitest';
import { ForgetfulDriver } from './forgetful-driver.js';

const data = { name: 'data' };
const monday = { name: 'monday' };
const ofClaim = 'snapshot.storage.kubernetes.io/pvc-as-source-protection';
const ofSnapshot = 'provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection';
const fromMonday = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'monday' };

/** A claim `data` that is bound, and whoever takes snapshots of it and restores them. */
async function start() {
  const stack = new AsyncDisposableStack();
  const { driver, socketPath, client: csi } = stack.use(await startDriver((...all) => new ForgetfulDriver(...all)));
  const sidecars = csiSidecars({ endpoint: socketPath, only: ['provisioner', 'snapshotter'] });
  const cluster = stack.use(await TestCluster.start({ controllers: sidecars }));
  const { client } = cluster;
  await client.create(StorageClass, { metadata: { name: 'fast' }, provisioner: driver.name });
  await client.create(VolumeSnapshotClass, {
    metadata: { name: 'daily' },
    driver: driver.name,
    deletionPolicy: 'Delete',
  });
  const claim = (name: string, spec: Partial<PersistentVolumeClaimSpec> = {}) =>
    client.create(PersistentVolumeClaim, {
      metadata: { name, namespace: 'default' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'fast',
        resources: { requests: { storage: '1Gi' } },
        ...spec,
      },
    });
  const bound = (name: string) =>
    cluster.eventually(async () =>
      expect((await client.get(PersistentVolumeClaim, { name })).status?.phase).toBe('Bound'),
    );
  const snapshot = () =>
    client.create(VolumeSnapshot, {
      metadata: { ...monday, namespace: 'default' },
      spec: { volumeSnapshotClassName: 'daily', source: { persistentVolumeClaimName: 'data' } },
    });
  const ready = () =>
    cluster.eventually(async () => expect((await client.get(VolumeSnapshot, monday)).status?.readyToUse).toBe(true));
  const gone = (name: string) =>
    cluster.eventually(async () => {
      const { items } = await client.list(PersistentVolumeClaim);
      expect(items.map(({ metadata }) => metadata.name)).not.toContain(name);
    });
  const snapshots = async () => (await csi.controller.listSnapshots({})).entries;
  const notes = async () => (await client.list(Event, { namespace: 'default' })).items.map(({ note = '' }) => note);
  const told = (text: string) => cluster.eventually(async () => expect((await notes()).join('\n')).toContain(text));
  await claim('data');
  await bound('data');
  const dispose = () => stack.disposeAsync();
  return {
    driver,
    client,
    cluster,
    claim,
    bound,
    snapshot,
    ready,
    gone,
    snapshots,
    told,
    [Symbol.asyncDispose]: dispose,
  };
}

describe('the claim that a snapshot is taken of', () => {
  it('stays until it is taken', async () => {
    await using world = await start();
    const { driver, client, cluster } = world;
    driver.controller.lost = Infinity;
    await world.snapshot();
    await cluster.eventually(async () => expect(await world.snapshots()).toHaveLength(1));
    await client.delete(PersistentVolumeClaim, data);
    await cluster.eventually(async () =>
      expect((await client.get(PersistentVolumeClaim, data)).metadata.finalizers).toEqual([ofClaim]),
    );
    expect(driver.controller.volumes.size).toBe(1);
    driver.controller.lost = 0;
    await world.ready();
    await world.gone('data');
    expect(await world.snapshots()).toHaveLength(1);
  });

  it('goes when the driver has refused for good', async () => {
    await using world = await start();
    const { driver, client, cluster } = world;
    driver.controller.refuse = Code.RESOURCE_EXHAUSTED;
    await world.snapshot();
    await cluster.eventually(async () =>
      expect((await client.get(VolumeSnapshot, monday)).status?.error?.message).toContain('RESOURCE_EXHAUSTED'),
    );
    await client.delete(PersistentVolumeClaim, data);
    await world.gone('data');
  });

  it('stays where the snapshot is deleted before the driver has answered', async () => {
    await using world = await start();
    const { client, cluster, driver } = world;
    driver.controller.lost = Infinity;
    await world.snapshot();
    await cluster.eventually(async () => {
      const [content] = (await client.list(VolumeSnapshotContent)).items;
      expect(content?.metadata.annotations).toHaveProperty([
        'snapshot.storage.kubernetes.io/volumesnapshot-being-created',
      ]);
    });
    await client.delete(VolumeSnapshot, monday);
    await client.delete(PersistentVolumeClaim, data);
    await cluster.eventually(async () =>
      expect((await client.get(PersistentVolumeClaim, data)).metadata.finalizers).toEqual([ofClaim]),
    );
    driver.controller.lost = 0;
    await world.gone('data');
    expect(await world.snapshots()).toEqual([]);
  });

  it('is not begun with when it is being deleted', async () => {
    await using world = await start();
    const { client } = world;
    const finalizers = ['kubewright.dev/held'];
    await client.patch(PersistentVolumeClaim, data, { type: 'merge', patch: { metadata: { finalizers } } });
    await client.delete(PersistentVolumeClaim, data);
    await world.snapshot();
    await world.told('PersistentVolumeClaim "data" is being deleted');
    expect(await world.snapshots()).toEqual([]);
    const patch = { metadata: { finalizers: [] } };
    await client.patch(PersistentVolumeClaim, data, { type: 'merge', patch });
    await world.gone('data');
  });
});

describe('the snapshot that a volume is made from', () => {
  it('stays until it is made', async () => {
    await using world = await start();
    const { driver, client, cluster } = world;
    await world.snapshot();
    await world.ready();
    driver.controller.lost = Infinity;
    await world.claim('restored', { dataSource: fromMonday });
    await cluster.eventually(() => expect(driver.controller.volumes.size).toBe(2));
    await client.delete(VolumeSnapshot, monday);
    await world.told('PersistentVolumeClaim "restored" is being made from the snapshot');
    expect((await client.get(VolumeSnapshot, monday)).metadata.finalizers).toContain(ofSnapshot);
    expect(await world.snapshots()).toHaveLength(1);
    driver.controller.lost = 0;
    await world.bound('restored');
    await cluster.eventually(async () => expect(await world.snapshots()).toEqual([]));
  });

  it('is let go when the volume is made, without being deleted', async () => {
    await using world = await start();
    const { client, cluster } = world;
    await world.snapshot();
    await world.ready();
    await world.claim('restored', { dataSource: fromMonday });
    await world.bound('restored');
    await cluster.eventually(async () =>
      expect((await client.get(VolumeSnapshot, monday)).metadata.finalizers).not.toContain(ofSnapshot),
    );
  });

  it('goes when the driver has refused for good, and the claim waits', async () => {
    await using world = await start();
    const { driver, client, cluster } = world;
    await world.snapshot();
    await world.ready();
    driver.controller.refuse = Code.RESOURCE_EXHAUSTED;
    await world.claim('restored', { dataSource: fromMonday });
    await world.told('RESOURCE_EXHAUSTED');
    await client.delete(VolumeSnapshot, monday);
    await cluster.eventually(async () => expect(await world.snapshots()).toEqual([]));
    await world.told('VolumeSnapshot "monday" is not there');
    await client.delete(PersistentVolumeClaim, { name: 'restored' });
    await world.gone('restored');
  });
});

describe('a claim that a source does not fit', () => {
  it.each([
    ['is of another mode than the snapshot', { volumeMode: 'Block' as const }, 'of mode Block'],
    ['is smaller than the snapshot', { resources: { requests: { storage: '1Mi' } } }, 'asks for 1048576 bytes'],
  ])('is refused where it %s', async (_what, spec, note) => {
    await using world = await start();
    await world.snapshot();
    await world.ready();
    await world.claim('restored', { dataSource: fromMonday, ...spec });
    await world.claim('copy', { dataSource: { kind: 'PersistentVolumeClaim', name: 'data' }, ...spec });
    await world.told(`${note}${note.startsWith('of') ? ' and' : ', and'} VolumeSnapshot "monday"`);
    await world.told(`${note}${note.startsWith('of') ? ' and' : ', and'} PersistentVolumeClaim "data"`);
    expect(world.driver.controller.volumes.size).toBe(1);
  });

  it('is served where the content allows another mode', async () => {
    await using world = await start();
    const { client } = world;
    await world.snapshot();
    await world.ready();
    const [content] = (await client.list(VolumeSnapshotContent)).items;
    const annotations = { 'snapshot.storage.kubernetes.io/allow-volume-mode-change': 'true' };
    const key = { name: content?.metadata.name ?? '' };
    await client.patch(VolumeSnapshotContent, key, { type: 'merge', patch: { metadata: { annotations } } });
    await world.claim('restored', { dataSource: fromMonday, volumeMode: 'Block' });
    await world.bound('restored');
  });

  it('is refused where the source is in another namespace', async () => {
    await using world = await start();
    const dataSourceRef = { kind: 'PersistentVolumeClaim', name: 'data', namespace: 'kube-system' };
    await world.claim('copy', { dataSourceRef });
    await world.told('is in namespace "kube-system"');
    expect(world.driver.controller.volumes.size).toBe(1);
  });
});

import { PersistentVolume, PersistentVolumeClaim, Secret } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { StorageClass } from '@kubewright/api/storage/v1';
import { TestCluster } from '@kubewright/cluster/testing';
import { VolumeSnapshot, VolumeSnapshotClass, csiSidecars } from '@kubewright/csi-sidecars';
import { startDriver } from '@kubewright/csi-sdk/testing';
import { describe, expect, it } from 'vitest';
import { ForgetfulDriver } from './forgetful-driver.js';

async function start() {
  const stack = new AsyncDisposableStack();
  const started = stack.use(await startDriver((...services) => new ForgetfulDriver(...services)));
  const { driver, socketPath, client: csi } = started;
  const sidecars = csiSidecars({ endpoint: socketPath, only: ['provisioner', 'snapshotter'] });
  const cluster = stack.use(await TestCluster.start({ controllers: sidecars }));
  const { client } = cluster;
  await client.create(StorageClass, { metadata: { name: 'fast' }, provisioner: driver.name });
  const claim = () =>
    client.create(PersistentVolumeClaim, {
      metadata: { name: 'data', namespace: 'default' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'fast',
        resources: { requests: { storage: '1Gi' } },
      },
    });
  const nothingLeft = () =>
    cluster.eventually(async () => {
      expect((await client.list(PersistentVolume)).items).toEqual([]);
      expect((await client.list(PersistentVolumeClaim)).items).toEqual([]);
      expect(driver.controller.volumes.size).toBe(0);
    });
  return { driver, csi, client, cluster, claim, nothingLeft, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('a driver whose answers are lost', () => {
  it('makes one volume and deletes it', async () => {
    await using storage = await start();
    const { driver, client, cluster } = storage;
    driver.controller.lost = 3;
    await storage.claim();
    await cluster.eventually(async () =>
      expect((await client.get(PersistentVolumeClaim, { name: 'data' })).status?.phase).toBe('Bound'),
    );
    expect(driver.controller.volumes.size).toBe(1);
    driver.controller.lost = 3;
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    await storage.nothingLeft();
    expect(driver.controller.lost).toBe(0);
  });

  it('makes one snapshot, and shows an error only while there is one', async () => {
    await using storage = await start();
    const { driver, client, cluster } = storage;
    await storage.claim();
    const parameters = { metadata: { name: 'daily' }, driver: driver.name, deletionPolicy: 'Delete' };
    await client.create(VolumeSnapshotClass, parameters);
    await cluster.eventually(async () =>
      expect((await client.get(PersistentVolumeClaim, { name: 'data' })).status?.phase).toBe('Bound'),
    );
    driver.controller.lost = Infinity;
    await client.create(VolumeSnapshot, {
      metadata: { name: 'monday', namespace: 'default' },
      spec: { volumeSnapshotClassName: 'daily', source: { persistentVolumeClaimName: 'data' } },
    });
    const status = async () => (await client.get(VolumeSnapshot, { name: 'monday' })).status;
    await cluster.eventually(async () => expect((await status())?.error?.message).toContain('the answer was lost'));
    driver.controller.lost = 0;
    await cluster.eventually(async () => {
      expect(await status()).toMatchObject({ readyToUse: true });
      expect(await status()).not.toHaveProperty('error');
    });
  });

  it('lets a claim go whose class names a secret that is not there', async () => {
    await using storage = await start();
    const { client, cluster } = storage;
    const parameters = {
      'csi.storage.k8s.io/provisioner-secret-name': 'missing',
      'csi.storage.k8s.io/provisioner-secret-namespace': 'default',
    };
    await client.delete(StorageClass, { name: 'fast' });
    await client.create(StorageClass, { metadata: { name: 'fast' }, provisioner: storage.driver.name, parameters });
    await storage.claim();
    await cluster.eventually(async () => {
      const { items } = await client.list(Event, { namespace: 'default' });
      expect(items.map(({ reason }) => reason)).toContain('ProvisioningWaits');
    });
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    await storage.nothingLeft();
  });

  it('leaves no volume of a claim whose class and secret went before the answer came', async () => {
    await using storage = await start();
    const { driver, client, cluster } = storage;
    await client.create(Secret, { metadata: { name: 'key', namespace: 'default' } });
    const parameters = {
      'csi.storage.k8s.io/provisioner-secret-name': 'key',
      'csi.storage.k8s.io/provisioner-secret-namespace': 'default',
    };
    await client.delete(StorageClass, { name: 'fast' });
    await client.create(StorageClass, { metadata: { name: 'fast' }, provisioner: driver.name, parameters });
    driver.controller.lost = Infinity;
    await storage.claim();
    await cluster.eventually(() => expect(driver.controller.volumes.size).toBe(1));
    await client.delete(StorageClass, { name: 'fast' });
    await client.delete(Secret, { name: 'key' });
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    driver.controller.lost = 0;
    // The secret is needed to delete the volume as well.
    await cluster.eventually(async () => expect((await client.list(PersistentVolume)).items).toHaveLength(1));
    await client.create(Secret, { metadata: { name: 'key', namespace: 'default' } });
    await storage.nothingLeft();
  });

  it('leaves no volume of a claim that was deleted meanwhile', async () => {
    await using storage = await start();
    const { driver, client, cluster } = storage;
    driver.controller.lost = Infinity;
    await storage.claim();
    await cluster.eventually(() => expect(driver.controller.volumes.size).toBe(1));
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    const { metadata } = await client.get(PersistentVolumeClaim, { name: 'data' });
    expect(metadata.finalizers).toContain('csi.kubewright.dev/provisioning');
    driver.controller.lost = 0;
    await storage.nothingLeft();
  });

  it('holds a claim that an earlier process asked a volume for, until it can be asked for again', async () => {
    await using storage = await start();
    const { driver, client, cluster } = storage;
    await client.create(PersistentVolumeClaim, {
      metadata: {
        name: 'data',
        namespace: 'default',
        finalizers: ['csi.kubewright.dev/provisioning'],
        annotations: { 'volume.kubernetes.io/storage-provisioner': driver.name },
      },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'gone',
        resources: { requests: { storage: '1Gi' } },
      },
    });
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    await cluster.eventually(async () => {
      const { items } = await client.list(Event, { namespace: 'default' });
      expect(items).toContainEqual(expect.objectContaining({ type: 'Warning', reason: 'ProvisioningWaits' }));
    });
    expect((await client.get(PersistentVolumeClaim, { name: 'data' })).metadata.finalizers).toContain(
      'csi.kubewright.dev/provisioning',
    );
    await client.create(StorageClass, { metadata: { name: 'gone' }, provisioner: driver.name });
    await storage.nothingLeft();
  });

  it('keeps the source of a copy until the copy is made', async () => {
    await using storage = await start();
    const { driver, client, cluster } = storage;
    const { spec } = await storage.claim();
    const phaseOf = async (name: string) => (await client.get(PersistentVolumeClaim, { name })).status?.phase;
    await cluster.eventually(async () => expect(await phaseOf('data')).toBe('Bound'));
    driver.controller.lost = Infinity;
    await client.create(PersistentVolumeClaim, {
      metadata: { name: 'copy', namespace: 'default' },
      spec: { ...spec, dataSource: { kind: 'PersistentVolumeClaim', name: 'data' } },
    });
    await cluster.eventually(() => expect(driver.controller.volumes.size).toBe(2));
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    await cluster.eventually(async () =>
      expect((await client.get(PersistentVolumeClaim, { name: 'data' })).metadata.finalizers).toEqual([
        'provisioner.storage.kubernetes.io/cloning-protection',
      ]),
    );
    driver.controller.lost = 0;
    await cluster.eventually(async () => {
      expect(await phaseOf('copy')).toBe('Bound');
      expect((await client.list(PersistentVolumeClaim)).items).toHaveLength(1);
      expect(driver.controller.volumes.size).toBe(1);
    });
  });

  it('deletes a snapshot whose class went first, with the secret that it was made with', async () => {
    await using storage = await start();
    const { driver, client, cluster } = storage;
    await client.create(Secret, { metadata: { name: 'key', namespace: 'default' }, stringData: { token: 'opened' } });
    await client.create(VolumeSnapshotClass, {
      metadata: { name: 'daily' },
      driver: driver.name,
      deletionPolicy: 'Delete',
      parameters: {
        'csi.storage.k8s.io/snapshotter-secret-name': 'key',
        'csi.storage.k8s.io/snapshotter-secret-namespace': '${volumesnapshot.namespace}',
      },
    });
    await storage.claim();
    await client.create(VolumeSnapshot, {
      metadata: { name: 'monday', namespace: 'default' },
      spec: { volumeSnapshotClassName: 'daily', source: { persistentVolumeClaimName: 'data' } },
    });
    await cluster.eventually(async () =>
      expect((await client.get(VolumeSnapshot, { name: 'monday' })).status).toMatchObject({ readyToUse: true }),
    );
    await client.delete(VolumeSnapshotClass, { name: 'daily' });
    await client.delete(VolumeSnapshot, { name: 'monday' });
    await cluster.eventually(async () => expect((await client.list(VolumeSnapshot)).items).toEqual([]));
    expect(driver.controller.secrets).toEqual({ token: 'opened' });
  });

  it('leaves no snapshot whose class went before the answer came', async () => {
    await using storage = await start();
    const { driver, client, cluster } = storage;
    const daily = { metadata: { name: 'daily' }, driver: driver.name, deletionPolicy: 'Delete' };
    const made = async () => (await storage.csi.controller.listSnapshots({})).entries;
    await client.create(VolumeSnapshotClass, daily);
    await storage.claim();
    await cluster.eventually(async () =>
      expect((await client.get(PersistentVolumeClaim, { name: 'data' })).status?.phase).toBe('Bound'),
    );
    driver.controller.lost = Infinity;
    await client.create(VolumeSnapshot, {
      metadata: { name: 'monday', namespace: 'default' },
      spec: { volumeSnapshotClassName: 'daily', source: { persistentVolumeClaimName: 'data' } },
    });
    await cluster.eventually(async () => expect(await made()).toHaveLength(1));
    await client.delete(VolumeSnapshotClass, { name: 'daily' });
    await client.delete(VolumeSnapshot, { name: 'monday' });
    await cluster.eventually(async () => {
      const { items } = await client.list(Event);
      const failures = items.filter(({ reason }) => reason === 'SnapshotDeleteFailed').map(({ note }) => note);
      expect(failures.join()).toContain("VolumeSnapshotClass 'daily' is not there");
    });
    driver.controller.lost = 0;
    expect(await made()).toHaveLength(1);
    await client.create(VolumeSnapshotClass, daily);
    await cluster.eventually(async () => {
      expect((await client.list(VolumeSnapshot)).items).toEqual([]);
      expect(await made()).toEqual([]);
    });
  });
});

import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { StorageClass } from '@kubewright/api/storage/v1';
import { TestCluster } from '@kubewright/cluster/testing';
import { VolumeSnapshot, VolumeSnapshotClass, csiSidecars } from '@kubewright/csi-sdk/sidecars';
import { startDriver } from '@kubewright/csi-sdk/testing';
import { describe, expect, it } from 'vitest';
import { ForgetfulDriver } from './forgetful-driver.js';

async function start() {
  const stack = new AsyncDisposableStack();
  const { driver, socketPath } = stack.use(await startDriver((...services) => new ForgetfulDriver(...services)));
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
  return { driver, client, cluster, claim, nothingLeft, [Symbol.asyncDispose]: () => stack.disposeAsync() };
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
    await cluster.eventually(async () =>
      expect((await client.get(PersistentVolumeClaim, { name: 'data' })).metadata.finalizers).toContain(
        'csi.kubewright.dev/provisioning',
      ),
    );
    await client.delete(PersistentVolumeClaim, { name: 'data' });
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
});

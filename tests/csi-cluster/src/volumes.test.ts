import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { CSIStorageCapacity, StorageClass, VolumeAttachment } from '@kubewright/api/storage/v1';
import { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from '@kubewright/csi-sidecars';
import { describe, expect, it } from 'vitest';
import { StorageCluster, driverName } from './storage-cluster.js';

describe('a claim', () => {
  it('gets a volume, and takes it along when it goes', async () => {
    await using storage = await StorageCluster.start();
    const { client, cluster } = storage;
    await storage.storageClass('fast');
    const { metadata } = await storage.claim('data');
    const volume = await storage.bound('data');
    expect(volume.metadata.name).toBe(`pvc-${metadata.uid}`);
    expect(volume.spec).toMatchObject({
      csi: { driver: driverName },
      capacity: { storage: '1Mi' },
      persistentVolumeReclaimPolicy: 'Delete',
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ values: ['node-1'] }] }] } },
    });
    const claim = await client.get(PersistentVolumeClaim, { name: 'data' });
    expect(claim.status).toMatchObject({ capacity: { storage: '1Mi' }, accessModes: ['ReadWriteOnce'] });
    expect(claim.metadata.finalizers).toContain('kubernetes.io/pvc-protection');
    expect(await storage.kept('volumes')).toHaveLength(1);
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    await storage.emptied('volumes');
    await cluster.eventually(async () => expect((await client.list(PersistentVolume)).items).toEqual([]));
  });

  it('leaves its volume where the class says so', async () => {
    await using storage = await StorageCluster.start();
    const { client, cluster } = storage;
    await storage.storageClass('fast', { reclaimPolicy: 'Retain' });
    await storage.claim('data');
    const { metadata } = await storage.bound('data');
    const key = { name: metadata.name ?? '' };
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    await cluster.eventually(async () =>
      expect((await client.get(PersistentVolume, key)).status?.phase).toBe('Released'),
    );
    // A claim of the same name is another one.
    await storage.claim('data');
    expect((await storage.bound('data')).metadata.name).not.toBe(key.name);
    await client.delete(PersistentVolume, key);
    await cluster.eventually(async () => expect((await client.list(PersistentVolume)).items).toHaveLength(1));
    expect(await storage.kept('volumes')).toHaveLength(2);
  });

  it('waits for its consumer, and gets a volume where that runs', async () => {
    await using storage = await StorageCluster.start({ nodes: 2 });
    const { client, cluster } = storage;
    await storage.register('node-1');
    await storage.register('node-2');
    await storage.storageClass('fast', { volumeBindingMode: 'WaitForFirstConsumer' });
    await storage.claim('data');
    const select = (node: string) =>
      client.patch(
        PersistentVolumeClaim,
        { name: 'data' },
        {
          type: 'merge',
          patch: { metadata: { annotations: { 'volume.kubernetes.io/selected-node': node } } },
        },
      );
    // The driver has no room on that node: the choice is given back.
    await select('node-2');
    await cluster.eventually(async () => {
      const { metadata } = await client.get(PersistentVolumeClaim, { name: 'data' });
      expect(metadata.annotations).not.toHaveProperty('volume.kubernetes.io/selected-node');
      expect(metadata.annotations).toHaveProperty('volume.kubernetes.io/storage-provisioner');
    });
    expect(await storage.kept('volumes')).toEqual([]);
    await select('node-1');
    expect((await storage.bound('data')).spec?.nodeAffinity?.required?.nodeSelectorTerms).toHaveLength(1);
  });

  it('goes back to the scheduler where its node is deleted before the volume is made', async () => {
    await using storage = await StorageCluster.start();
    const { client, cluster } = storage;
    await storage.register('node-1');
    await storage.storageClass('fast', { volumeBindingMode: 'WaitForFirstConsumer' });
    await storage.claim('data');
    const select = (node: string) => {
      const annotations = { 'volume.kubernetes.io/selected-node': node };
      return client.patch(
        PersistentVolumeClaim,
        { name: 'data' },
        { type: 'merge', patch: { metadata: { annotations } } },
      );
    };
    await select('node-gone');
    await cluster.eventually(async () => {
      const { metadata } = await client.get(PersistentVolumeClaim, { name: 'data' });
      expect(metadata.annotations).not.toHaveProperty(['volume.kubernetes.io/selected-node']);
      expect(metadata.annotations).toHaveProperty(['volume.kubernetes.io/storage-provisioner']);
    });
    expect(await storage.kept('volumes')).toEqual([]);
    await select('node-1');
    await storage.bound('data');
  });

  it('can be placed by what the driver has room for', async () => {
    await using storage = await StorageCluster.start({ nodes: 2, only: ['capacity'] });
    const { client, cluster } = storage;
    await storage.register('node-1');
    await storage.storageClass('fast', { volumeBindingMode: 'WaitForFirstConsumer' });
    await storage.storageClass('anywhere');
    const published = async () => {
      const { items } = await client.list(CSIStorageCapacity, { namespace: 'kube-system' });
      return items.map(({ storageClassName, nodeTopology, capacity }) => ({
        storageClassName,
        node: Object.values(nodeTopology?.matchLabels ?? {})[0],
        hasRoom: capacity !== '0',
      }));
    };
    const first = { storageClassName: 'fast', node: 'node-1', hasRoom: true };
    await cluster.eventually(async () => expect(await published()).toEqual([first]));
    await storage.register('node-2');
    await cluster.eventually(async () => {
      const found = await published();
      expect(found).toHaveLength(2);
      expect(found).toContainEqual(first);
      expect(found).toContainEqual({ storageClassName: 'fast', node: 'node-2', hasRoom: false });
    });
    await client.delete(StorageClass, { name: 'fast' });
    await cluster.eventually(async () => expect(await published()).toEqual([]));
  });

  it('grows where its class allows it', async () => {
    await using storage = await StorageCluster.start();
    const { client, cluster } = storage;
    await storage.storageClass('fast', { allowVolumeExpansion: true });
    await storage.claim('data');
    await storage.bound('data');
    const patch = { spec: { resources: { requests: { storage: '3Mi' } } } };
    await client.patch(PersistentVolumeClaim, { name: 'data' }, { type: 'merge', patch });
    await cluster.eventually(async () => {
      const { status } = await client.get(PersistentVolumeClaim, { name: 'data' });
      expect(status?.capacity).toEqual({ storage: '3Mi' });
      expect(status?.conditions).toMatchObject([{ type: 'Resizing', status: 'False' }]);
    });
    expect((await storage.bound('data')).spec?.capacity).toEqual({ storage: '3Mi' });
  });

  it('begins as a copy of another, or of a snapshot', async () => {
    await using storage = await StorageCluster.start();
    const { client, cluster } = storage;
    await storage.storageClass('fast');
    await client.create(VolumeSnapshotClass, {
      metadata: { name: 'daily' },
      driver: driverName,
      deletionPolicy: 'Delete',
    });
    await storage.claim('data');
    const source = storage.filesOf(await storage.bound('data'));
    await writeFile(join(source, 'state'), 'before');
    await client.create(VolumeSnapshot, {
      metadata: { name: 'monday', namespace: 'default' },
      spec: { volumeSnapshotClassName: 'daily', source: { persistentVolumeClaimName: 'data' } },
    });
    await storage.claim('restored', {
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'monday' },
    });
    const restored = storage.filesOf(await storage.bound('restored'));
    expect(await readFile(join(restored, 'state'), 'utf8')).toBe('before');
    await writeFile(join(source, 'state'), 'after');
    await storage.claim('copy', { dataSource: { kind: 'PersistentVolumeClaim', name: 'data' } });
    const copy = storage.filesOf(await storage.bound('copy'));
    expect(await readFile(join(copy, 'state'), 'utf8')).toBe('after');
    await client.delete(VolumeSnapshot, { name: 'monday' });
    await storage.emptied('snapshots');
    await cluster.eventually(async () => {
      expect((await client.list(VolumeSnapshotContent)).items).toEqual([]);
      expect((await client.list(VolumeSnapshot)).items).toEqual([]);
    });
    for (const name of ['data', 'restored', 'copy']) await client.delete(PersistentVolumeClaim, { name });
    await storage.emptied('volumes');
  });
});

describe('a volume', () => {
  it('is attached and detached, and is deleted only after that', async () => {
    await using storage = await StorageCluster.start();
    const { client, cluster } = storage;
    await storage.register('node-1');
    await storage.storageClass('fast');
    await storage.claim('data');
    const { metadata } = await storage.bound('data');
    const key = { name: 'attachment' };
    await client.create(VolumeAttachment, {
      metadata: key,
      spec: { attacher: driverName, nodeName: 'node-1', source: { persistentVolumeName: metadata.name ?? '' } },
    });
    await cluster.eventually(async () => expect((await client.get(VolumeAttachment, key)).status?.attached).toBe(true));
    const published = async () =>
      (await storage.driver.client.controller.listVolumes({})).entries.flatMap(
        ({ status }) => status?.publishedNodeIds ?? [],
      );
    expect(await published()).toEqual(['node-1']);
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    await cluster.eventually(async () =>
      expect(
        (await client.get(PersistentVolume, { name: metadata.name ?? '' })).metadata.deletionTimestamp,
      ).toBeDefined(),
    );
    expect(await published()).toEqual(['node-1']);
    await client.delete(VolumeAttachment, key);
    await storage.emptied('volumes');
  });

  it('that was made by hand is bound to the claim that names it, and to the one that it names', async () => {
    await using storage = await StorageCluster.start({ only: [] });
    const { client } = storage;
    const byHand = (name: string, claimName?: string) =>
      client.create(PersistentVolume, {
        metadata: { name },
        spec: {
          accessModes: ['ReadWriteOnce'],
          capacity: { storage: '5Mi' },
          csi: { driver: driverName, volumeHandle: name },
          ...(claimName !== undefined && { claimRef: { name: claimName, namespace: 'default' } }),
        },
      });
    for (const name of ['free', 'named']) await byHand(name);
    await byHand('naming', 'chosen');
    await storage.claim('choosing', { storageClassName: '', volumeName: 'named' });
    expect((await storage.bound('choosing')).metadata.name).toBe('named');
    await storage.claim('chosen', { storageClassName: '' });
    expect((await storage.bound('chosen')).metadata.name).toBe('naming');
    await storage.claim('any', { storageClassName: '' });
    expect((await storage.bound('any')).metadata.name).toBe('free');
    await storage.claim('late', { storageClassName: '' });
    await byHand('last');
    expect((await storage.bound('late')).metadata.name).toBe('last');
  });

  it('is not written again when nothing changes', async () => {
    await using storage = await StorageCluster.start();
    const { client, cluster } = storage;
    await storage.storageClass('fast');
    await storage.claim('data');
    const key = { name: (await storage.bound('data')).metadata.name ?? '' };
    const settled = await cluster.eventually(async () => {
      const claim = await client.get(PersistentVolumeClaim, { name: 'data' });
      expect(claim.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
      return claim.metadata.resourceVersion;
    });
    const { resourceVersion } = (await client.get(PersistentVolume, key)).metadata;
    await storage.claim('other');
    await storage.bound('other');
    expect((await client.get(PersistentVolumeClaim, { name: 'data' })).metadata.resourceVersion).toBe(settled);
    expect((await client.get(PersistentVolume, key)).metadata.resourceVersion).toBe(resourceVersion);
  });
});

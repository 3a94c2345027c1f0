import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { StorageClass, VolumeAttributesClass } from '@kubewright/api/storage/v1';
import type { TestCluster } from '@kubewright/cluster/testing';
import { VolumeGroupSnapshot, VolumeGroupSnapshotClass, VolumeSnapshot } from '@kubewright/csi-sidecars';
import { expect } from 'vitest';

const labels = { app: 'shop' };

/** What not every pair of sidecars and driver can do: a clone, a change of attributes, and a group of snapshots. */
export async function tellMore(cluster: TestCluster, driverName: string): Promise<void> {
  const { client } = cluster;
  const claim = (name: string, more: object = {}) =>
    client.create(PersistentVolumeClaim, {
      metadata: { name, namespace: 'default', labels },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'more',
        resources: { requests: { storage: '1Mi' } },
        ...more,
      },
    });
  await client.create(StorageClass, { metadata: { name: 'more' }, provisioner: driverName });
  for (const [name, directoryMode] of Object.entries({ private: '0700', open: '0755' }))
    await client.create(VolumeAttributesClass, { metadata: { name }, driverName, parameters: { directoryMode } });
  await claim('source', { volumeAttributesClassName: 'private' });
  await claim('clone', { dataSource: { kind: 'PersistentVolumeClaim', name: 'source' } });
  const bound = (name: string) =>
    cluster.eventually(async () =>
      expect((await client.get(PersistentVolumeClaim, { name })).status?.phase).toBe('Bound'),
    );
  for (const name of ['source', 'clone']) await bound(name);

  const patch = { spec: { volumeAttributesClassName: 'open' } };
  await client.patch(PersistentVolumeClaim, { name: 'source' }, { type: 'merge', patch });
  await cluster.eventually(async () => {
    const { status } = await client.get(PersistentVolumeClaim, { name: 'source' });
    expect(status?.currentVolumeAttributesClassName).toBe('open');
  });

  const groupClass = { metadata: { name: 'more' }, driver: driverName, deletionPolicy: 'Delete' };
  await client.create(VolumeGroupSnapshotClass, groupClass);
  const source = { selector: { matchLabels: labels } };
  await client.create(VolumeGroupSnapshot, {
    metadata: { name: 'monday', namespace: 'default' },
    spec: { volumeGroupSnapshotClassName: 'more', source },
  });
  await cluster.eventually(async () => {
    const { items } = await client.list(VolumeSnapshot);
    expect(items.map(({ status }) => status?.readyToUse)).toEqual([true, true]);
  });
  await client.delete(VolumeGroupSnapshot, { name: 'monday' });
  await cluster.eventually(async () => expect((await client.list(VolumeSnapshot)).items).toEqual([]));
  for (const name of ['source', 'clone']) await client.delete(PersistentVolumeClaim, { name });
  await cluster.eventually(async () => expect((await client.list(PersistentVolume)).items).toEqual([]));
}

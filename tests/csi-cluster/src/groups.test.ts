import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import {
  VolumeGroupSnapshot,
  VolumeGroupSnapshotClass,
  VolumeGroupSnapshotContent,
  VolumeSnapshot,
  VolumeSnapshotContent,
} from '@kubewright/csi-sidecars';
import { describe, expect, it } from 'vitest';
import { StorageCluster, driverName } from './storage-cluster.js';

const labels = { app: 'shop' };

/** A cluster with two claims of a group and one beside it, and the group's snapshot taken. */
async function start(deletionPolicy: string) {
  const storage = await StorageCluster.start();
  const { client, cluster } = storage;
  await storage.storageClass('fast');
  await client.create(VolumeGroupSnapshotClass, { metadata: { name: 'together' }, driver: driverName, deletionPolicy });
  for (const name of ['data', 'log', 'other']) await storage.claim(name);
  for (const name of ['data', 'log']) {
    await client.patch(PersistentVolumeClaim, { name }, { type: 'merge', patch: { metadata: { labels } } });
    await writeFile(join(storage.filesOf(await storage.bound(name)), 'state'), `${name} before`);
  }
  await client.create(VolumeGroupSnapshot, {
    metadata: { name: 'monday', namespace: 'default' },
    spec: { volumeGroupSnapshotClassName: 'together', source: { selector: { matchLabels: labels } } },
  });
  const members = await cluster.eventually(async () => {
    const { status } = await client.get(VolumeGroupSnapshot, { name: 'monday' });
    expect(status).toMatchObject({ readyToUse: true });
    const { items } = await client.list(VolumeSnapshot);
    expect(items.map((each) => each.status?.readyToUse)).toEqual([true, true]);
    return items;
  });
  const gone = () =>
    cluster.eventually(async () => {
      expect((await client.list(VolumeGroupSnapshot)).items).toEqual([]);
      expect((await client.list(VolumeGroupSnapshotContent)).items).toEqual([]);
      expect((await client.list(VolumeSnapshot)).items).toEqual([]);
      expect((await client.list(VolumeSnapshotContent)).items).toEqual([]);
    });
  return { storage, client, cluster, members, gone, [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() };
}

describe('a group of snapshots', () => {
  it('has a snapshot for each claim, from which it is restored, and takes them along', async () => {
    await using world = await start('Delete');
    const { storage, client, members } = world;
    const ofData = members.find(({ spec }) => spec.source.persistentVolumeClaimName === 'data');
    const claims = new Set(members.map(({ spec }) => spec.source.persistentVolumeClaimName));
    expect(claims).toEqual(new Set(['data', 'log']));
    expect(ofData).toMatchObject({ status: { volumeGroupSnapshotName: 'monday' } });
    expect(await storage.kept('snapshots')).toHaveLength(2);
    const { items } = await client.list(VolumeGroupSnapshotContent);
    expect(items).toMatchObject([{ status: { readyToUse: true, volumeSnapshotInfoList: [{}, {}] } }]);
    await writeFile(join(storage.filesOf(await storage.bound('data')), 'state'), 'after');
    const dataSource = {
      apiGroup: 'snapshot.storage.k8s.io',
      kind: 'VolumeSnapshot',
      name: ofData?.metadata.name ?? '',
    };
    await storage.claim('restored', { dataSource });
    const restored = storage.filesOf(await storage.bound('restored'));
    expect(await readFile(join(restored, 'state'), 'utf8')).toBe('data before');
    await client.delete(VolumeGroupSnapshot, { name: 'monday' });
    await world.gone();
    expect(await storage.kept('snapshots')).toEqual([]);
  });

  it('keeps a member that somebody deletes until the group goes', async () => {
    await using world = await start('Delete');
    const { storage, client, members } = world;
    const name = members[0]?.metadata.name ?? '';
    await client.delete(VolumeSnapshot, { name });
    await storage.settled();
    expect((await client.list(VolumeSnapshotContent)).items).toHaveLength(2);
    expect(await storage.kept('snapshots')).toHaveLength(2);
    await client.delete(VolumeGroupSnapshot, { name: 'monday' });
    await world.gone();
  });

  it('can be known by another name, where it stays on the storage', async () => {
    await using world = await start('Retain');
    const { storage, client, cluster } = world;
    const [content] = (await client.list(VolumeGroupSnapshotContent)).items;
    await client.delete(VolumeGroupSnapshot, { name: 'monday' });
    await cluster.eventually(async () => expect((await client.list(VolumeGroupSnapshot)).items).toEqual([]));
    expect(await storage.kept('snapshots')).toHaveLength(2);
    const { volumeGroupSnapshotHandle = '', volumeSnapshotInfoList = [] } = content?.status ?? {};
    await client.create(VolumeGroupSnapshotContent, {
      metadata: { name: 'found' },
      spec: {
        driver: driverName,
        deletionPolicy: 'Delete',
        source: {
          groupSnapshotHandles: {
            volumeGroupSnapshotHandle,
            volumeSnapshotHandles: volumeSnapshotInfoList.map(({ snapshotHandle = '' }) => snapshotHandle),
          },
        },
        volumeGroupSnapshotRef: { name: 'again', namespace: 'default' },
      },
    });
    await client.create(VolumeGroupSnapshot, {
      metadata: { name: 'again', namespace: 'default' },
      spec: { source: { volumeGroupSnapshotContentName: 'found' } },
    });
    await cluster.eventually(async () => {
      const { status } = await client.get(VolumeGroupSnapshot, { name: 'again' });
      expect(status).toMatchObject({ readyToUse: true, boundVolumeGroupSnapshotContentName: 'found' });
    });
    await client.delete(VolumeGroupSnapshot, { name: 'again' });
    await storage.emptied('snapshots');
  });
});

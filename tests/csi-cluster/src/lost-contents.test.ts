import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Event } from '@kubewright/api/events/v1';
import {
  VolumeGroupSnapshot,
  VolumeGroupSnapshotClass,
  VolumeGroupSnapshotContent,
  VolumeSnapshot,
  VolumeSnapshotClass,
  VolumeSnapshotContent,
} from '@kubewright/csi-sidecars';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { StorageCluster, driverName } from './storage-cluster.js';

const monday = { name: 'monday' };

/** A cluster whose claim `data` holds the word `monday`, and a snapshot of it. */
async function start(deletionPolicy = 'Delete') {
  const storage = await StorageCluster.start();
  const { client, cluster } = storage;
  await storage.storageClass('fast');
  await client.create(VolumeSnapshotClass, { metadata: { name: 'daily' }, driver: driverName, deletionPolicy });
  await storage.claim('data');
  const state = join(storage.filesOf(await storage.bound('data')), 'state');
  await writeFile(state, 'monday');
  const take = () =>
    client.create(VolumeSnapshot, {
      metadata: { ...monday, namespace: 'default' },
      spec: { volumeSnapshotClassName: 'daily', source: { persistentVolumeClaimName: 'data' } },
    });
  const status = async () => (await client.get(VolumeSnapshot, monday)).status;
  const ready = () =>
    cluster.eventually(async () => {
      const found = await client.get(VolumeSnapshot, monday);
      expect(found.status?.readyToUse).toBe(true);
      return { name: found.status?.boundVolumeSnapshotContentName ?? '' };
    });
  const restored = async () => {
    const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'monday' };
    await storage.claim('restored', { dataSource });
    return readFile(join(storage.filesOf(await storage.bound('restored')), 'state'), 'utf8');
  };
  const reasons = async () => (await client.list(Event, { namespace: 'default' })).items.map(({ reason }) => reason);
  await take();
  const content = await ready();
  await writeFile(state, 'tuesday');
  return { storage, client, cluster, content, take, ready, status, restored, reasons };
}

const unprotected = { type: 'merge', patch: { metadata: { finalizers: [] } } } as const;

describe('a content of a snapshot', () => {
  it('that somebody deletes stays, with what was taken, until its VolumeSnapshot goes', async () => {
    const { storage, client, cluster, content, status, restored } = await start();
    await using _ = storage;
    await client.delete(VolumeSnapshotContent, content);
    await storage.settled();
    expect((await client.get(VolumeSnapshotContent, content)).metadata.deletionTimestamp).toBeDefined();
    expect(await status()).toMatchObject({ readyToUse: true });
    expect(await restored()).toBe('monday');
    await client.delete(VolumeSnapshot, monday);
    await storage.emptied('snapshots');
    await cluster.eventually(async () => expect((await client.list(VolumeSnapshotContent)).items).toEqual([]));
  });

  it('that is lost all the same is not made anew: the snapshot says that it is lost', async () => {
    const { storage, client, cluster, content, status, reasons } = await start();
    await using _ = storage;
    await client.delete(VolumeSnapshotContent, content);
    await client.patch(VolumeSnapshotContent, content, unprotected);
    await cluster.eventually(async () =>
      expect(await status()).toMatchObject({
        readyToUse: false,
        error: { message: 'VolumeSnapshotContent is missing' },
      }),
    );
    await cluster.eventually(async () => expect(await reasons()).toContain('SnapshotContentMissing'));
    await storage.settled();
    expect((await client.list(VolumeSnapshotContent)).items).toEqual([]);
    expect(await storage.kept('snapshots')).toHaveLength(1);
  });

  it('that is written anew without its handle gets no snapshot of another day', async () => {
    const { storage, client, cluster, content } = await start();
    await using _ = storage;
    const { spec } = await client.get(VolumeSnapshotContent, content);
    await client.delete(VolumeSnapshotContent, content);
    await client.patch(VolumeSnapshotContent, content, unprotected);
    const [handle = ''] = await storage.kept('snapshots');
    await storage.driver.client.controller.deleteSnapshot({ snapshotId: handle });
    await client.create(VolumeSnapshotContent, { metadata: content, spec });
    await cluster.eventually(async () =>
      expect((await client.get(VolumeSnapshotContent, content)).status?.error?.message).toContain('was made once'),
    );
    expect(await storage.kept('snapshots')).toEqual([]);
    await client.delete(VolumeSnapshot, monday);
    await cluster.eventually(async () => {
      expect((await client.list(VolumeSnapshot)).items).toEqual([]);
      expect((await client.list(VolumeSnapshotContent)).items).toEqual([]);
    });
  });

  it('that stays on the storage goes, as an object, when its VolumeSnapshot has gone', async () => {
    const { storage, client, cluster, content } = await start('Retain');
    await using _ = storage;
    await client.delete(VolumeSnapshotContent, content);
    await storage.settled();
    expect((await client.get(VolumeSnapshotContent, content)).metadata.deletionTimestamp).toBeDefined();
    await client.delete(VolumeSnapshot, monday);
    await cluster.eventually(async () => {
      expect((await client.list(VolumeSnapshot)).items).toEqual([]);
      expect((await client.list(VolumeSnapshotContent)).items).toEqual([]);
    });
    expect(await storage.kept('snapshots')).toHaveLength(1);
  });

  it('is not inherited by a VolumeSnapshot of the same name', async () => {
    const { storage, client, cluster, content, take, ready } = await start('Retain');
    await using _ = storage;
    await client.delete(VolumeSnapshot, monday);
    await cluster.eventually(async () => expect((await client.list(VolumeSnapshot)).items).toEqual([]));
    await take();
    expect(await ready()).not.toEqual(content);
    const { items } = await client.list(VolumeSnapshotContent);
    expect(new Set(items.map(({ status }) => status?.snapshotHandle)).size).toBe(2);
  });
});

describe('the content of a group of snapshots', () => {
  it('stays until its group goes, and is not made anew where it is lost', async () => {
    await using storage = await StorageCluster.start();
    const { client, cluster } = storage;
    await storage.storageClass('fast');
    await client.create(VolumeGroupSnapshotClass, {
      metadata: { name: 'together' },
      driver: driverName,
      deletionPolicy: 'Delete',
    });
    await storage.claim('data');
    await storage.bound('data');
    const labels = { app: 'shop' };
    await client.patch(PersistentVolumeClaim, { name: 'data' }, { type: 'merge', patch: { metadata: { labels } } });
    await client.create(VolumeGroupSnapshot, {
      metadata: { ...monday, namespace: 'default' },
      spec: { volumeGroupSnapshotClassName: 'together', source: { selector: { matchLabels: labels } } },
    });
    const status = async () => (await client.get(VolumeGroupSnapshot, monday)).status;
    await cluster.eventually(async () => expect(await status()).toMatchObject({ readyToUse: true }));
    const kept = await storage.kept('snapshots');
    const content = { name: (await status())?.boundVolumeGroupSnapshotContentName ?? '' };
    await client.delete(VolumeGroupSnapshotContent, content);
    await storage.settled();
    expect((await client.get(VolumeGroupSnapshotContent, content)).metadata.deletionTimestamp).toBeDefined();
    expect(await storage.kept('snapshots')).toEqual(kept);
    await client.patch(VolumeGroupSnapshotContent, content, unprotected);
    await cluster.eventually(async () =>
      expect(await status()).toMatchObject({
        readyToUse: false,
        error: { message: 'VolumeGroupSnapshotContent is missing' },
      }),
    );
    await storage.settled();
    expect((await client.list(VolumeGroupSnapshotContent)).items).toEqual([]);
    expect(await storage.kept('snapshots')).toEqual(kept);
  });
});

describe('a volume that is bound', () => {
  it('stays with its data when somebody deletes it, until its claim goes', async () => {
    await using storage = await StorageCluster.start();
    const { client, cluster } = storage;
    await storage.storageClass('fast');
    await storage.claim('data');
    const { metadata } = await storage.bound('data');
    await client.delete(PersistentVolume, { name: metadata.name ?? '' });
    await storage.settled();
    expect(await storage.kept('volumes')).toHaveLength(2);
    expect((await client.get(PersistentVolumeClaim, { name: 'data' })).status?.phase).toBe('Bound');
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    await cluster.eventually(async () => expect(await storage.kept('volumes')).toHaveLength(1));
  });

  it('and is lost leaves its claim lost: no empty one takes its place', async () => {
    await using storage = await StorageCluster.start();
    const { client, cluster } = storage;
    await storage.storageClass('fast');
    await storage.claim('data');
    const key = { name: (await storage.bound('data')).metadata.name ?? '' };
    await client.delete(PersistentVolume, key);
    await client.patch(PersistentVolume, key, unprotected);
    const phase = async () => (await client.get(PersistentVolumeClaim, { name: 'data' })).status?.phase;
    await cluster.eventually(async () => expect(await phase()).toBe('Lost'));
    await storage.settled();
    expect(await phase()).toBe('Lost');
    expect((await client.list(PersistentVolume)).items.map(({ metadata }) => metadata.name)).not.toContain(key.name);
  });
});

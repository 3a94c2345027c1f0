import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Node, PersistentVolume, Pod } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { CSIDriver, VolumeAttachment } from '@kubewright/api/storage/v1';
import { attachmentName, uniqueVolumeName } from '@kubewright/controllers';
import { privileged } from '@kubewright/linux/testing';
import { describe, expect, it } from 'vitest';
import { StorageCluster, driverName } from './storage-cluster.js';
import { TestKubelet } from './test-kubelet.js';

/** A cluster with one bound claim. */
async function start(nodes = 1, accessModes = ['ReadWriteOnce']) {
  const storage = await StorageCluster.start({ nodes });
  for (let number = 1; number <= nodes; number++) await storage.register(`node-${number}`);
  await storage.storageClass('fast');
  await storage.claim('data', { accessModes });
  const csi = (await storage.bound('data')).spec?.csi ?? { driver: '', volumeHandle: '' };
  const attachments = async () => (await storage.client.list(VolumeAttachment)).items;
  const attachedTo = (...names: string[]) =>
    storage.cluster.eventually(async () => {
      const found = await attachments();
      expect(found.filter(({ status }) => status?.attached).map(({ spec }) => spec.nodeName)).toEqual(names);
      expect(found).toHaveLength(names.length);
    });
  const published = async () => {
    const { entries } = await storage.driver.client.controller.listVolumes({});
    return entries.flatMap(({ status }) => status?.publishedNodeIds ?? []);
  };
  const setInUse = (nodeName: string, volumesInUse: string[]) =>
    storage.client.status(Node).patch({ name: nodeName }, { type: 'merge', patch: { status: { volumesInUse } } });
  return {
    ...storage,
    storage,
    client: storage.client,
    csi,
    attachments,
    attachedTo,
    published,
    setInUse,
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}

describe('a pod with a claim', () => {
  it.skipIf(!privileged())('has its volume attached, mounted, unmounted and detached', async () => {
    await using world = await start();
    const { client, storage, csi } = world;
    const kubelet = new TestKubelet(storage);
    expect(await world.attachments()).toEqual([]);
    await storage.pod('web', 'node-1', 'data');
    const target = await kubelet.mount('data');
    const [attachment, ...others] = await world.attachments();
    expect(others).toEqual([]);
    expect(attachment).toMatchObject({
      metadata: { name: attachmentName(csi, 'node-1') },
      spec: { attacher: driverName, nodeName: 'node-1' },
      status: { attached: true },
    });
    expect(await world.published()).toEqual(['node-1']);
    await writeFile(join(target, 'kept'), 'data');
    await storage.deletePod('web');
    // As long as the node says that it has the volume mounted, it stays attached.
    await storage.settled();
    await world.attachedTo('node-1');
    expect(await kubelet.attached()).toEqual([uniqueVolumeName(csi)]);
    await kubelet.unmount('data');
    await world.attachedTo();
    expect(await kubelet.attached()).toEqual([]);
    expect(await world.published()).toEqual([]);
    expect(await readFile(join(storage.filesOf(await storage.bound('data')), 'kept'), 'utf8')).toBe('data');
    const { items } = await client.list(Event, { namespace: 'default' });
    expect(items.map(({ reason }) => reason)).toContain('SuccessfulAttachVolume');
  });

  it('waits while another node has its volume, and is told who', async () => {
    await using world = await start(2);
    const { client, storage } = world;
    await storage.pod('first', 'node-1', 'data');
    await world.attachedTo('node-1');
    await storage.pod('second', 'node-2', 'data');
    await storage.cluster.eventually(async () => {
      const { items } = await client.list(Event, { namespace: 'default' });
      const [failed] = items.filter(({ reason }) => reason === 'FailedAttachVolume');
      expect(failed).toMatchObject({ regarding: { name: 'second' }, type: 'Warning' });
      expect(failed?.note).toContain('used on another node by pod first');
    });
    await world.attachedTo('node-1');
    await storage.deletePod('first');
    await storage.cluster.eventually(async () => {
      const [attachment] = await world.attachments();
      expect(attachment?.spec.nodeName).toBe('node-2');
    });
  });

  it('needs no attachment where the driver does without', async () => {
    await using world = await start();
    const { client, storage } = world;
    await client.create(CSIDriver, { metadata: { name: driverName }, spec: { attachRequired: false } });
    await storage.pod('web', 'node-1', 'data');
    await storage.settled();
    expect(await world.attachments()).toEqual([]);
  });
});

describe('an attachment', () => {
  it('is taken over from a controller that stopped, and one of somebody else is left alone', async () => {
    await using world = await start();
    const { client, storage, csi } = world;
    const volume = await storage.bound('data');
    const source = { persistentVolumeName: volume.metadata.name ?? '' };
    const spec = { attacher: driverName, nodeName: 'node-1', source };
    await client.create(VolumeAttachment, { metadata: { name: 'by-hand' }, spec });
    await world.attachedTo('node-1');
    await storage.settled();
    await client.delete(VolumeAttachment, { name: 'by-hand' });
    await world.attachedTo();
    // What nobody wants and nobody has mounted goes at once.
    await client.create(VolumeAttachment, { metadata: { name: attachmentName(csi, 'node-1') }, spec });
    await world.attachedTo();
  });

  it('is removed at once from a node that is declared out of service', async () => {
    await using world = await start();
    const { client, storage, csi } = world;
    await storage.pod('web', 'node-1', 'data');
    await world.setInUse('node-1', [uniqueVolumeName(csi)]);
    await world.attachedTo('node-1');
    await storage.deletePod('web');
    await storage.settled();
    await world.attachedTo('node-1');
    const taints = [{ key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' as const }];
    await client.patch(Node, { name: 'node-1' }, { type: 'merge', patch: { spec: { taints } } });
    await world.attachedTo();
    expect((await client.list(Pod)).items).toEqual([]);
  });

  it('keeps its volume known until it is detached', async () => {
    await using world = await start();
    const { client, storage } = world;
    await storage.pod('web', 'node-1', 'data');
    await world.attachedTo('node-1');
    const { metadata } = await storage.bound('data');
    const key = { name: metadata.name ?? '' };
    const others = { metadata: { finalizers: ['external-attacher/hostpath-csi-kubewright-dev'] } };
    await client.delete(PersistentVolume, key);
    // As if nobody else had an interest in it.
    await client.patch(PersistentVolume, key, { type: 'merge', patch: others });
    await storage.settled();
    expect(await world.published()).toEqual(['node-1']);
    await storage.deletePod('web');
    await world.attachedTo();
    expect(await world.published()).toEqual([]);
    await storage.cluster.eventually(async () =>
      expect((await client.list(PersistentVolume)).items.map((each) => each.metadata.name)).not.toContain(key.name),
    );
  });
});

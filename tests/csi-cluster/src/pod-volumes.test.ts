import { access, constants, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { VolumeAttachment } from '@kubewright/api/storage/v1';
import { privileged } from '@kubewright/linux/testing';
import { describe, expect, it } from 'vitest';
import { StorageCluster, driverName } from './storage-cluster.js';
import { TestKubelet } from './test-kubelet.js';

const hasLoopDevices = await access('/dev/loop-control', constants.W_OK).then(
  () => true,
  () => false,
);

async function start() {
  const storage = await StorageCluster.start();
  await storage.register('node-1');
  await storage.storageClass('fast');
  return storage;
}

describe.skipIf(!privileged())('a pod', () => {
  it.skipIf(!hasLoopDevices)('sees a volume of mode Block as a device (skipped: no loop devices)', async () => {
    await using storage = await start();
    const { client } = storage;
    const kubelet = new TestKubelet(storage);
    await storage.claim('disk', { volumeMode: 'Block' });
    expect((await storage.bound('disk')).spec?.volumeMode).toBe('Block');
    await storage.pod('web', 'node-1', 'disk');
    const target = await kubelet.mount('disk');
    expect((await stat(target)).isBlockDevice()).toBe(true);
    const device = await open(target, 'r+');
    await device.write('written through', 0);
    const { buffer } = await device.read(Buffer.alloc(15), 0, 15, 0);
    expect(buffer.toString()).toBe('written through');
    await device.close();
    await storage.deletePod('web');
    await kubelet.unmount('disk');
    await client.delete(PersistentVolumeClaim, { name: 'disk' });
    await storage.emptied('volumes');
  });

  it('has a claim made for its ephemeral volume, which goes with it', async () => {
    await using storage = await start();
    const { client, cluster } = storage;
    const kubelet = new TestKubelet(storage);
    const spec = {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      resources: { requests: { storage: '1Mi' } },
    };
    const volumeClaimTemplate = { metadata: { labels: { tier: 'scratch' } }, spec };
    const { metadata } = await storage.pod('web', 'node-1', { ephemeral: { volumeClaimTemplate } });
    await storage.bound('web-data');
    expect((await client.get(PersistentVolumeClaim, { name: 'web-data' })).metadata).toMatchObject({
      labels: { tier: 'scratch' },
      ownerReferences: [{ kind: 'Pod', uid: metadata.uid, controller: true }],
    });
    await writeFile(join(await kubelet.mount('web-data'), 'note'), 'scratch');
    const unmount = await kubelet.unmounter('web-data');
    await storage.deletePod('web');
    await unmount();
    await storage.emptied('volumes');
    await cluster.eventually(async () => expect((await client.list(VolumeAttachment)).items).toEqual([]));
  });

  it('brings a volume with it, of which the cluster knows nothing', async () => {
    await using storage = await start();
    const { client } = storage;
    const csi = { driver: driverName, volumeAttributes: { size: '1048576' } };
    const pod = await storage.pod('web', 'node-1', { csi });
    const { volumeId, targetPath } = await new TestKubelet(storage).mountInline(pod);
    await writeFile(join(targetPath, 'note'), 'scratch');
    expect(await storage.kept('volumes')).toEqual([volumeId]);
    await storage.settled();
    expect((await client.list(VolumeAttachment)).items).toEqual([]);
    expect((await client.list(PersistentVolume)).items).toHaveLength(1);
    await storage.driver.client.node.nodeUnpublishVolume({ volumeId, targetPath });
    expect(await storage.kept('volumes')).not.toContain(volumeId);
  });
});

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, readdir, rm, statfs, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from '@kubewright/grpc';
import { LinuxMounter, mountsAt } from '@kubewright/csi-sdk';
import { VolumeCapability_AccessMode_Mode as Mode } from '@kubewright/csi-sdk/v1';
import { startHostPathDriver } from '@kubewright/storage/testing';
import { describe, expect, it } from 'vitest';

const mounter = new LinuxMounter();
const volumeCapability = {
  accessType: { case: 'mount', value: {} },
  accessMode: { mode: Mode.SINGLE_NODE_WRITER },
} as const;
const mebibyte = 1n << 20n;
const create = (name: string) => ({
  name,
  volumeCapabilities: [volumeCapability],
  capacityRange: { requiredBytes: mebibyte },
});

/** A file system of its own, which a test can fill. */
async function smallDisk() {
  const directory = await mkdtemp(join(tmpdir(), 'kw-disk-'));
  await mounter.mount({ source: 'tmpfs', target: directory, fileSystem: 'tmpfs', options: [], data: 'size=2m' });
  const ballast = join(directory, 'ballast');
  return {
    root: join(directory, 'root'),
    async fill(): Promise<void> {
      const { bavail, bsize } = await statfs(directory);
      const file = await open(ballast, 'a');
      await file.appendFile(Buffer.alloc(bavail * bsize));
      await file.close();
    },
    empty: () => unlink(ballast),
    async [Symbol.asyncDispose](): Promise<void> {
      await mounter.unmount(directory, { detach: true });
      await rm(directory, { recursive: true });
    },
  };
}

/** A FUSE mount whose server closed its end. */
async function mountDead(target: string): Promise<void> {
  const server = await open('/dev/fuse', 'r+');
  const data = `fd=${server.fd},rootmode=40000,user_id=0,group_id=0`;
  await mounter.mount({ source: 'dead', target, fileSystem: 'fuse', options: [], data });
  await server.close();
}

const hasFuse = existsSync('/dev/fuse');

describe.skipIf(process.getuid?.() !== 0)('the host-path driver', () => {
  it('loses nothing to a full disk, makes nothing half, and lets volumes be deleted to make room', async () => {
    await using disk = await smallDisk();
    await using driver = await startHostPathDriver({ root: disk.root, poolBytes: 1n << 40n });
    const { controller } = driver.client;
    const volumeId = (await controller.createVolume(create('kept'))).volume?.volumeId ?? '';
    const spare = (await controller.createVolume(create('spare'))).volume?.volumeId ?? '';
    await controller.controllerPublishVolume({ volumeId: spare, nodeId: 'node-1', volumeCapability });
    const { snapshot: old } = await controller.createSnapshot({ name: 'old', sourceVolumeId: spare });
    const file = join(disk.root, 'volumes', volumeId, 'files', 'data');
    await writeFile(file, Buffer.alloc(100_000, 'x'));
    await disk.fill();
    const source = { type: { case: 'volume', value: { volumeId } } } as const;
    const calls = [
      () => controller.createVolume(create('new')),
      () => controller.createVolume({ ...create('copy'), volumeContentSource: source }),
      () => controller.createSnapshot({ name: 'snapshot', sourceVolumeId: volumeId }),
      () => controller.controllerExpandVolume({ volumeId, capacityRange: { requiredBytes: 2n * mebibyte } }),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ status: Code.RESOURCE_EXHAUSTED });
    await controller.controllerUnpublishVolume({ volumeId: spare, nodeId: 'node-1' });
    await controller.deleteSnapshot({ snapshotId: old?.snapshotId ?? '' });
    await controller.deleteVolume({ volumeId: spare });
    const { entries } = await controller.listVolumes({});
    expect(entries.map(({ volume }) => [volume?.volumeId, volume?.capacityBytes])).toEqual([[volumeId, mebibyte]]);
    expect((await controller.listSnapshots({})).entries).toEqual([]);
    expect(await readdir(join(disk.root, 'volumes'))).toEqual([volumeId]);
    await disk.empty();
    for (const call of calls) await call();
    expect((await controller.listVolumes({})).entries).toHaveLength(3);
    expect(await readFile(file)).toEqual(Buffer.alloc(100_000, 'x'));
  });

  it.skipIf(!hasFuse)(
    'replaces a mount whose server died, and takes off one that was left behind or doubled',
    async () => {
      await using driver = await startHostPathDriver();
      const { controller, node } = driver.client;
      const volumeId = (await controller.createVolume(create('v'))).volume?.volumeId ?? '';
      const [stagingTargetPath, targetPath] = ['staging', 'target'].map((name) => join(driver.mountDirectory, name));
      const staged = { volumeId, stagingTargetPath: stagingTargetPath ?? '', volumeCapability };
      const published = { ...staged, targetPath: targetPath ?? '' };
      const at = async (path: string): Promise<number> => mountsAt(await mounter.mounts(), path).length;
      for (const path of [staged.stagingTargetPath, published.targetPath]) {
        await mkdir(path);
        await mountDead(path);
        expect(await mounter.kindOf(path)).toBe('corrupt');
      }
      await node.nodeStageVolume(staged);
      await node.nodePublishVolume(published);
      await writeFile(join(published.targetPath, 'data'), 'kept');
      // What a kubelet does that restarts again and again beside a careless driver.
      for (let copy = 0; copy < 3; copy++) {
        await mounter.bind({ source: staged.stagingTargetPath, target: published.targetPath, options: [] });
      }
      expect(await at(published.targetPath)).toBe(4);
      await node.nodePublishVolume(published);
      expect(await at(published.targetPath)).toBe(1);
      await mountDead(published.targetPath);
      await node.nodeUnpublishVolume({ volumeId, targetPath: published.targetPath });
      await mountDead(staged.stagingTargetPath);
      await node.nodeUnstageVolume(staged);
      expect(await readdir(driver.mountDirectory)).toEqual([]);
      expect([await at(published.targetPath), await at(staged.stagingTargetPath)]).toEqual([0, 0]);
      expect(await readFile(join(driver.root, 'volumes', volumeId, 'files', 'data'), 'utf8')).toBe('kept');
      await controller.deleteVolume({ volumeId });
    },
  );
});

import { chmod, mkdir, mkdtemp, open, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Host, SystemClock, SystemRandom, noMetrics, provide, silentLogger } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { LinuxMounter, createCsiClient } from '@kubewright/csi-sdk';
import type { CsiClient } from '@kubewright/csi-sdk';
import type { Volume } from '@kubewright/csi-sdk/v1';
import { VolumeCapability_AccessMode_Mode as Mode } from '@kubewright/csi-sdk/v1';
import { Code } from '@kubewright/grpc';
import { privileged } from '@kubewright/linux/testing';
import { describe, expect, it } from 'vitest';
import { storageErrors } from '../errors.js';
import { HostPathDriver } from './host-path-driver.js';
import { HostPathOptions } from '../options.js';
import { startHostPathDriver } from '../testing/start-host-path-driver.js';
import type { StartedHostPathDriver } from '../testing/start-host-path-driver.js';

const writer = { mode: Mode.SINGLE_NODE_WRITER };
const files = { accessType: { case: 'mount', value: {} }, accessMode: writer } as const;
const device = { accessType: { case: 'block', value: {} }, accessMode: writer } as const;
const mebibyte = 1n << 20n;

type CreateRequest = Parameters<CsiClient['controller']['createVolume']>[0];

async function createVolume(
  { client }: StartedHostPathDriver,
  name: string,
  more: CreateRequest = {},
): Promise<Volume> {
  const { volume } = await client.controller.createVolume({ name, volumeCapabilities: [files], ...more });
  if (volume === undefined) throw new Error('no volume');
  return volume;
}

/** Stages and publishes a volume; the result is its target. */
async function publish(
  { client, mountDirectory }: StartedHostPathDriver,
  volumeId: string,
  volumeCapability: typeof files | typeof device = files,
): Promise<string> {
  const stagingTargetPath = join(mountDirectory, `${volumeId}-staging`);
  const targetPath = join(mountDirectory, `${volumeId}-target`);
  await client.node.nodeStageVolume({ volumeId, stagingTargetPath, volumeCapability });
  await client.node.nodePublishVolume({ volumeId, stagingTargetPath, targetPath, volumeCapability });
  return targetPath;
}

async function unpublish({ client, mountDirectory }: StartedHostPathDriver, volumeId: string): Promise<void> {
  await client.node.nodeUnpublishVolume({ volumeId, targetPath: join(mountDirectory, `${volumeId}-target`) });
  await client.node.nodeUnstageVolume({ volumeId, stagingTargetPath: join(mountDirectory, `${volumeId}-staging`) });
}

describe.skipIf(!privileged())('host-path driver', () => {
  it('keeps files through publishing, a snapshot, a restore and a clone', async () => {
    await using driver = await startHostPathDriver();
    const { controller } = driver.client;
    const { volumeId } = await createVolume(driver, 'original');
    const target = await publish(driver, volumeId);
    await writeFile(join(target, 'letter'), 'first');
    await chmod(join(target, 'letter'), 0o640);
    const { snapshot } = await controller.createSnapshot({ name: 'snap', sourceVolumeId: volumeId });
    await writeFile(join(target, 'letter'), 'second');
    const snapshotId = snapshot?.snapshotId ?? '';
    const restored = await createVolume(driver, 'restored', {
      volumeContentSource: { type: { case: 'snapshot', value: { snapshotId } } },
    });
    const cloned = await createVolume(driver, 'cloned', {
      volumeContentSource: { type: { case: 'volume', value: { volumeId } } },
    });
    const letters = [];
    for (const { volumeId: id } of [restored, cloned]) {
      const path = join(await publish(driver, id), 'letter');
      letters.push([await readFile(path, 'utf8'), (await stat(path)).mode & 0o777]);
      await unpublish(driver, id);
    }
    expect(letters).toEqual([
      ['first', 0o640],
      ['second', 0o640],
    ]);
    await unpublish(driver, volumeId);
    await controller.deleteSnapshot({ snapshotId });
    for (const { volumeId: id } of [restored, cloned, { volumeId }]) await controller.deleteVolume({ volumeId: id });
    expect(await readdir(join(driver.root, 'volumes'))).toEqual([]);
    expect(await readdir(join(driver.root, 'snapshots'))).toEqual([]);
  });

  it('gives a device that keeps its data and grows', async () => {
    await using driver = await startHostPathDriver();
    const capacityRange = { requiredBytes: 4n * mebibyte };
    const { volumeId } = await createVolume(driver, 'disk', { volumeCapabilities: [device], capacityRange });
    const target = await publish(driver, volumeId, device);
    const disk = await open(target, 'r+');
    await disk.write('on the disk', 4096);
    await disk.sync();
    const { controller, node } = driver.client;
    await controller.controllerExpandVolume({ volumeId, capacityRange: { requiredBytes: 8n * mebibyte } });
    await node.nodeExpandVolume({ volumeId, volumePath: target });
    await disk.write('further out', Number(6n * mebibyte));
    await disk.sync();
    await disk.close();
    await unpublish(driver, volumeId);
    const again = await open(await publish(driver, volumeId, device), 'r');
    const { buffer } = await again.read(Buffer.alloc(11), 0, 11, 4096);
    await again.close();
    expect(buffer.toString()).toBe('on the disk');
    await unpublish(driver, volumeId);
    await controller.deleteVolume({ volumeId });
  });

  it('makes a volume with its pod, and removes it with the pod', async () => {
    await using driver = await startHostPathDriver();
    const targetPath = join(driver.mountDirectory, 'inline');
    const volumeContext = { 'csi.storage.k8s.io/ephemeral': 'true', size: '1048576' };
    const request = { volumeId: 'csi-abc', targetPath, volumeCapability: files, volumeContext };
    for (let time = 0; time < 2; time++) await driver.client.node.nodePublishVolume(request);
    await writeFile(join(targetPath, 'scratch'), '');
    expect((await driver.client.controller.listVolumes({})).entries).toEqual([]);
    for (let time = 0; time < 2; time++)
      await driver.client.node.nodeUnpublishVolume({ volumeId: 'csi-abc', targetPath });
    expect(await readdir(join(driver.root, 'volumes'))).toEqual([]);
    const escaping = { ...request, volumeId: '../../etc' };
    await expect(driver.client.node.nodePublishVolume(escaping)).rejects.toMatchObject({
      status: Code.INVALID_ARGUMENT,
    });
  });

  it('refuses to delete what is in use', async () => {
    await using driver = await startHostPathDriver();
    const { volumeId } = await createVolume(driver, 'used');
    const { deleteVolume } = driver.client.controller;
    const target = await publish(driver, volumeId);
    await expect(deleteVolume({ volumeId })).rejects.toMatchObject({ status: Code.FAILED_PRECONDITION });
    await mkdir(join(target, 'part'));
    const part = { source: join(driver.root, 'volumes', volumeId, 'files', 'part'), options: [] };
    const mounter = new LinuxMounter();
    await mounter.create(join(driver.mountDirectory, 'part'), 'directory');
    await mounter.bind({ ...part, target: join(driver.mountDirectory, 'part') });
    await unpublish(driver, volumeId);
    await expect(deleteVolume({ volumeId })).rejects.toMatchObject({ status: Code.FAILED_PRECONDITION });
    await mounter.unmount(join(driver.mountDirectory, 'part'));
    await deleteVolume({ volumeId });
  });

  it('leaves a mount alone that is not its own', async () => {
    await using driver = await startHostPathDriver();
    const [one, other] = [await createVolume(driver, 'one'), await createVolume(driver, 'other')];
    const targetPath = await publish(driver, one.volumeId);
    const wrong = driver.client.node.nodeUnpublishVolume({ volumeId: other.volumeId, targetPath });
    await expect(wrong).rejects.toMatchObject({ status: Code.FAILED_PRECONDITION });
    await unpublish(driver, one.volumeId);
  });

  it('gives a volume with a single writer to one target', async () => {
    await using driver = await startHostPathDriver();
    const { volumeId } = await createVolume(driver, 'single');
    const volumeCapability = { ...files, accessMode: { mode: Mode.SINGLE_NODE_SINGLE_WRITER } };
    const stagingTargetPath = join(driver.mountDirectory, `${volumeId}-staging`);
    await driver.client.node.nodeStageVolume({ volumeId, stagingTargetPath, volumeCapability });
    const at = (name: string): Promise<unknown> =>
      driver.client.node.nodePublishVolume({
        volumeId,
        stagingTargetPath,
        volumeCapability,
        targetPath: join(driver.mountDirectory, name),
      });
    await at('first');
    await at('first');
    await expect(at('second')).rejects.toMatchObject({ status: Code.FAILED_PRECONDITION });
  });

  it('applies mutable parameters, all or none', async () => {
    await using driver = await startHostPathDriver();
    const { volumeId } = await createVolume(driver, 'modified', { mutableParameters: { directoryMode: '0700' } });
    const modify = driver.client.controller.controllerModifyVolume;
    await modify({ volumeId, mutableParameters: { directoryMode: '0750' } });
    const path = join(driver.root, 'volumes', volumeId, 'files');
    expect((await stat(path)).mode & 0o777).toBe(0o750);
    const bad = modify({ volumeId, mutableParameters: { directoryMode: '0700', other: 'x' } });
    await expect(bad).rejects.toMatchObject({ status: Code.INVALID_ARGUMENT });
    expect((await stat(path)).mode & 0o777).toBe(0o750);
  });

  it('says where its volumes are and how many fit', async () => {
    await using driver = await startHostPathDriver({ poolBytes: 10n * mebibyte, maxVolumesPerNode: 1 });
    const { controller, node } = driver.client;
    const { accessibleTopology } = await node.nodeGetInfo({});
    const volume = await createVolume(driver, 'placed', { capacityRange: { requiredBytes: 8n * mebibyte } });
    expect(volume.accessibleTopology[0]?.segments).toEqual(accessibleTopology?.segments);
    expect((await controller.getCapacity({})).availableCapacity).toBe(2n * mebibyte);
    const elsewhere = { requisite: [{ segments: { zone: 'other' } }] };
    const status = Code.RESOURCE_EXHAUSTED;
    await expect(createVolume(driver, 'far', { accessibilityRequirements: elsewhere })).rejects.toMatchObject({
      status,
    });
    await expect(createVolume(driver, 'big')).rejects.toMatchObject({ status });
    const small = await createVolume(driver, 'small', { capacityRange: { requiredBytes: mebibyte } });
    const attach = { nodeId: 'node-1', volumeCapability: files };
    await controller.controllerPublishVolume({ ...attach, volumeId: volume.volumeId });
    await expect(controller.controllerPublishVolume({ ...attach, volumeId: small.volumeId })).rejects.toMatchObject({
      status,
    });
  });

  it('takes snapshots of several volumes together', async () => {
    await using driver = await startHostPathDriver();
    const sourceVolumeIds = [(await createVolume(driver, 'a')).volumeId, (await createVolume(driver, 'b')).volumeId];
    const { groupController, controller } = driver.client;
    const { groupSnapshot } = await groupController.createVolumeGroupSnapshot({ name: 'group', sourceVolumeIds });
    const again = await groupController.createVolumeGroupSnapshot({ name: 'group', sourceVolumeIds });
    expect(again.groupSnapshot).toEqual(groupSnapshot);
    expect(groupSnapshot?.snapshots).toHaveLength(2);
    const snapshotId = groupSnapshot?.snapshots[0]?.snapshotId ?? '';
    await expect(controller.deleteSnapshot({ snapshotId })).rejects.toMatchObject({ status: Code.INVALID_ARGUMENT });
    const groupSnapshotId = groupSnapshot?.groupSnapshotId ?? '';
    const wrong = groupController.getVolumeGroupSnapshot({ groupSnapshotId, snapshotIds: ['other'] });
    await expect(wrong).rejects.toMatchObject({ status: Code.INVALID_ARGUMENT });
    for (let time = 0; time < 2; time++) await groupController.deleteVolumeGroupSnapshot({ groupSnapshotId });
    expect((await controller.listSnapshots({})).entries).toEqual([]);
    const unknown = groupController.getVolumeGroupSnapshot({ groupSnapshotId });
    await expect(unknown).rejects.toMatchObject({ status: Code.NOT_FOUND });
  });

  it('finds its volumes again after a restart, and lets nobody else work on them', async () => {
    await using first = await startHostPathDriver();
    const { volumeId } = await createVolume(first, 'lasting');
    await first.driver.stop();
    await using second = await startHostPathDriver({ root: first.root });
    expect((await createVolume(second, 'lasting')).volumeId).toBe(volumeId);
  });

  it('runs as a plugin of a host, and keeps others off its directory', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kw-plugin-'));
    const options = { root: join(directory, 'root'), nodeId: 'n', endpoint: join(directory, 'csi.sock') };
    const host = new Host()
      .use(HostPathDriver)
      .use({ name: 'options', provides: [provide(HostPathOptions, { value: options })] });
    await host.start();
    try {
      using client = createCsiClient({ address: options.endpoint, clock: new SystemClock() });
      expect((await client.node.nodeGetInfo({})).nodeId).toBe('n');
      const clock = new FakeClock();
      const second = new HostPathDriver(clock, silentLogger, noMetrics, new SystemRandom(), options);
      const attempt = { over: false };
      const refused = second.serve(join(directory, 'other.sock')).finally(() => (attempt.over = true));
      const expected = expect(refused).rejects.toMatchObject({ code: storageErrors.ROOT_IN_USE.code });
      while (!attempt.over) await clock.advance(1_000);
      await expected;
    } finally {
      await host.stop();
      await rm(directory, { recursive: true });
    }
  });

  it('never promises more than it has to volumes that are made at once', async () => {
    await using driver = await startHostPathDriver({ poolBytes: 4n * mebibyte });
    const capacityRange = { requiredBytes: mebibyte };
    const names = Array.from({ length: 8 }, (_, index) => `at-once-${index}`);
    const made = await Promise.allSettled(names.map((name) => createVolume(driver, name, { capacityRange })));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  });

  it('finishes what its caller gave up, and hands it over when asked again', async () => {
    await using driver = await startHostPathDriver();
    const { controller } = driver.client;
    const { volumeId } = await createVolume(driver, 'source');
    const take = (deadline?: number): ReturnType<typeof controller.createSnapshot> =>
      controller.createSnapshot({ name: 'late', sourceVolumeId: volumeId }, deadline === undefined ? {} : { deadline });
    await expect(take(1)).rejects.toMatchObject({ status: Code.DEADLINE_EXCEEDED });
    for (let found = false; !found;) {
      found = await take().then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ status: Code.ABORTED });
          return false;
        },
      );
    }
    expect((await controller.listSnapshots({})).entries).toHaveLength(1);
  });

  it('undoes what a full disk stopped', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kw-full-'));
    const mounter = new LinuxMounter();
    await mounter.mount({ source: 'full', target: directory, fileSystem: 'tmpfs', options: [], data: 'size=4m' });
    try {
      await using driver = await startHostPathDriver({ root: join(directory, 'root') });
      const { volumeId } = await createVolume(driver, 'large', { capacityRange: { requiredBytes: mebibyte } });
      const target = await publish(driver, volumeId);
      await writeFile(join(target, 'blob'), Buffer.alloc(Number(3n * mebibyte), 1));
      const full = driver.client.controller.createSnapshot({ name: 'too-much', sourceVolumeId: volumeId });
      await expect(full).rejects.toMatchObject({ status: Code.RESOURCE_EXHAUSTED });
      expect((await driver.client.controller.listSnapshots({})).entries).toEqual([]);
      expect(await readdir(join(driver.root, 'snapshots'))).toEqual([]);
      await unpublish(driver, volumeId);
    } finally {
      await mounter.unmount(directory, { detach: true });
      await rm(directory, { recursive: true });
    }
  });

  it('names a record that it cannot read', async () => {
    await using first = await startHostPathDriver();
    await first.driver.stop();
    await mkdir(join(first.root, 'state', 'volumes'), { recursive: true });
    for (const text of ['{"id":', '{"id":"other"}', 'null']) {
      await writeFile(join(first.root, 'state', 'volumes', 'torn.json'), text);
      await expect(startHostPathDriver({ root: first.root })).rejects.toThrow('torn.json');
    }
  });
});

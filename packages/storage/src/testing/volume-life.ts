import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LinuxMounter, mountsAt } from '@kubewright/csi-sdk';
import type { CsiClient } from '@kubewright/csi-sdk';
import { VolumeCapability_AccessMode_Mode as Mode } from '@kubewright/csi-sdk/v1';
import type { FaultPoint } from '../state/fault-points.js';

const accessMode = { mode: Mode.SINGLE_NODE_WRITER };
const capabilities = {
  files: { accessType: { case: 'mount', value: {} }, accessMode },
  device: { accessType: { case: 'block', value: {} }, accessMode },
} as const;
const mebibyte = 1n << 20n;

export type VolumeKind = keyof typeof capabilities;

export interface LifeOptions {
  readonly kind: VolumeKind;
  /** The driver's own directory. */
  readonly root: string;
  /** For staging and target paths; empty, and empty again afterwards. */
  readonly mountDirectory: string;
  readonly nodeId: string;
  /** Makes a call, and makes it again with whatever driver there is then, until it succeeds. */
  call<T>(work: (client: CsiClient) => Promise<T>): Promise<T>;
}

/** Which kinds of volumes pass a point in `volumeLife`. */
export function kindsPassing(point: FaultPoint): readonly VolumeKind[] {
  if (point.startsWith('modify') || point === 'stage:mount' || point === 'unstage:unmount') return ['files'];
  return point === 'stage:device' || point === 'unstage:device' ? ['device'] : ['files', 'device'];
}

/**
 * Everything that can happen to a volume, from its making to its end, through a caller that repeats what failed.
 * Asserts on the way that nothing is made twice or lost, and at the end that nothing is left.
 */
export async function volumeLife({ kind, root, mountDirectory, nodeId, call }: LifeOptions): Promise<void> {
  const volumeCapability = capabilities[kind];
  const create = { name: 'v', volumeCapabilities: [volumeCapability] };
  const [stagingTargetPath, targetPath] = [join(mountDirectory, 'staging'), join(mountDirectory, 'target')];
  const sized = { ...create, capacityRange: { requiredBytes: mebibyte } };
  const volumeId = (await call((on) => on.controller.createVolume(sized))).volume?.volumeId ?? '';
  assert.equal((await call((on) => on.controller.createVolume(create))).volume?.volumeId, volumeId);
  await call((on) => on.controller.controllerPublishVolume({ volumeId, nodeId, volumeCapability }));
  const staged = { volumeId, stagingTargetPath, volumeCapability };
  await call((on) => on.node.nodeStageVolume(staged));
  await call((on) => on.node.nodePublishVolume({ ...staged, targetPath }));
  assert.equal(mountsAt(await new LinuxMounter().mounts(), targetPath).length, 1);
  if (kind === 'files') await writeFile(join(targetPath, 'kept'), 'data');

  const capacityRange = { requiredBytes: 2n * mebibyte };
  const { capacityBytes } = await call((on) => on.controller.controllerExpandVolume({ volumeId, capacityRange }));
  assert.equal(capacityBytes, 2n * mebibyte);
  const modify = { volumeId, mutableParameters: { directoryMode: '0770' } };
  if (kind === 'files') await call((on) => on.controller.controllerModifyVolume(modify));

  const { snapshot } = await call((on) => on.controller.createSnapshot({ name: 's', sourceVolumeId: volumeId }));
  const snapshotId = snapshot?.snapshotId ?? '';
  const group = { name: 'g', sourceVolumeIds: [volumeId] };
  const { groupSnapshot } = await call((on) => on.groupController.createVolumeGroupSnapshot(group));
  const groupSnapshotId = groupSnapshot?.groupSnapshotId ?? '';
  const source = { type: { case: 'snapshot', value: { snapshotId } } } as const;
  const copy = { ...create, name: 'copy', volumeContentSource: source };
  const copyId = (await call((on) => on.controller.createVolume(copy))).volume?.volumeId ?? '';
  if (kind === 'files') assert.deepEqual(await readdir(join(root, 'volumes', copyId, 'files')), ['kept']);
  assert.equal((await call((on) => on.controller.listVolumes({}))).entries.length, 2);
  assert.equal((await call((on) => on.controller.listSnapshots({}))).entries.length, 2);

  await call((on) => on.groupController.deleteVolumeGroupSnapshot({ groupSnapshotId }));
  await call((on) => on.controller.deleteSnapshot({ snapshotId }));
  await call((on) => on.node.nodeUnpublishVolume({ volumeId, targetPath }));
  await call((on) => on.node.nodeUnstageVolume({ volumeId, stagingTargetPath }));
  await call((on) => on.controller.controllerUnpublishVolume({ volumeId, nodeId }));
  for (const id of [volumeId, copyId]) await call((on) => on.controller.deleteVolume({ volumeId: id }));
  for (const place of ['volumes', 'snapshots', 'state/volumes', 'state/snapshots', 'state/groups']) {
    assert.deepEqual(await readdir(join(root, place)), []);
  }
  assert.deepEqual(await readdir(mountDirectory), []);
}

import {
  NodeService,
  accessModeOf,
  accessTypeOf,
  cleanupTarget,
  ensureBindMount,
  fileSystemUsage,
  isReaderOnly,
  notFound,
  parseMountFlags,
} from '@kubewright/csi-sdk';
import type { NodeFeatures, Reply } from '@kubewright/csi-sdk';
import type * as csi from '@kubewright/csi-sdk/v1';
import { VolumeCapability_AccessMode_Mode as Mode, VolumeUsage_Unit as Unit } from '@kubewright/csi-sdk/v1';
import { Code, GrpcStatusError, invalidArgument } from '@kubewright/grpc';
import type { VolumeRecord } from '../state/records.js';
import type { HostPathPool } from '../volumes/host-path-pool.js';
import { readyVolume } from '../volumes/ready.js';
import { isShownAt, usesOf } from '../volumes/uses.js';
import { deleteVolume } from '../volumes/volumes.js';
import { ensureEphemeral, isEphemeral } from './ephemeral.js';
import { placeOf } from './messages.js';

/** The node service. Where volumes are shown is read from the mount table each time, so a restart forgets nothing. */
export class HostPathNode extends NodeService {
  override readonly features: NodeFeatures = { singleNodeMultiWriter: true };
  readonly #pool: () => HostPathPool;

  constructor(pool: () => HostPathPool) {
    super();
    this.#pool = pool;
  }

  override async nodeStageVolume(request: csi.NodeStageVolumeRequest): Reply<typeof csi.NodeStageVolumeResponseSchema> {
    const pool = this.#pool();
    const volume = readyVolume(pool, request.volumeId);
    const capability = checkAccess(volume, request.volumeCapability);
    if (volume.access === 'mount') {
      const source = pool.volumeData.path(volume);
      await ensureBindMount(pool.mounter, { source, target: request.stagingTargetPath, kind: 'directory' });
      pool.faults.reach('stage:mount');
      return {};
    }
    // The device is what a block volume's pods share; the staging path stays as it is.
    const readOnly = isReaderOnly(accessModeOf(capability));
    await pool.loopDevices.attach(pool.volumeData.path(volume), { readOnly });
    pool.faults.reach('stage:device');
    return {};
  }

  override async nodeUnstageVolume(
    request: csi.NodeUnstageVolumeRequest,
  ): Reply<typeof csi.NodeUnstageVolumeResponseSchema> {
    const pool = this.#pool();
    const volume = readyVolume(pool, request.volumeId);
    const uses = await usesOf(pool, volume);
    if (volume.access === 'mount') {
      if (await isShownAt(pool, uses, request.stagingTargetPath)) {
        await cleanupTarget(pool.mounter, request.stagingTargetPath);
        pool.faults.reach('unstage:unmount');
      }
    } else if (uses.device !== undefined) {
      await pool.loopDevices.detach(uses.device);
      pool.faults.reach('unstage:device');
    }
    return {};
  }

  override async nodePublishVolume(
    request: csi.NodePublishVolumeRequest,
  ): Reply<typeof csi.NodePublishVolumeResponseSchema> {
    const pool = this.#pool();
    const ephemeral = isEphemeral(request);
    const volume = ephemeral ? await ensureEphemeral(pool, request) : readyVolume(pool, request.volumeId);
    const capability = checkAccess(volume, request.volumeCapability);
    if (!ephemeral) await this.#requireStaged(pool, volume, request);
    if (accessModeOf(capability) === Mode.SINGLE_NODE_SINGLE_WRITER) await refuseSecondTarget(pool, volume, request);
    const readOnly = request.readonly || isReaderOnly(accessModeOf(capability));
    if (volume.access === 'mount') {
      const { options, data } = parseMountFlags(mountFlagsOf(capability));
      if (data !== '') {
        const reason = `has '${data}', which a bind mount does not know`;
        throw invalidArgument({ field: 'volume_capability.mount.mount_flags', reason });
      }
      const others = options.filter((option) => option !== 'readOnly');
      await ensureBindMount(pool.mounter, {
        source: pool.volumeData.path(volume),
        target: request.targetPath,
        kind: 'directory',
        readOnly: readOnly || others.length < options.length,
        options: others,
      });
    } else await publishDevice(pool, volume, request, isReaderOnly(accessModeOf(capability)));
    pool.faults.reach('publish:mount');
    return {};
  }

  override async nodeUnpublishVolume(
    request: csi.NodeUnpublishVolumeRequest,
  ): Reply<typeof csi.NodeUnpublishVolumeResponseSchema> {
    const pool = this.#pool();
    const { volumeId, targetPath } = request;
    const volume = pool.volumes.get(volumeId);
    if (volume === undefined) {
      // An ephemeral volume is gone after its first unpublish, and a repeated call has nothing left to do.
      if ((await pool.mounter.kindOf(targetPath)) === 'absent') return {};
      throw notFound('volume', volumeId);
    }
    await refuseForeign(pool, volume, targetPath);
    await cleanupTarget(pool.mounter, targetPath);
    pool.faults.reach('unpublish:unmount');
    if (volume.ephemeral) await deleteVolume(pool, volumeId);
    return {};
  }

  override async nodeGetVolumeStats(
    request: csi.NodeGetVolumeStatsRequest,
  ): Reply<typeof csi.NodeGetVolumeStatsResponseSchema> {
    const pool = this.#pool();
    const volume = readyVolume(pool, request.volumeId);
    await requireShown(pool, volume, request.volumePath);
    if (volume.access === 'block') return { usage: [{ unit: Unit.BYTES, total: volume.bytes }] };
    return { usage: await fileSystemUsage(request.volumePath) };
  }

  override async nodeExpandVolume(
    request: csi.NodeExpandVolumeRequest,
  ): Reply<typeof csi.NodeExpandVolumeResponseSchema> {
    const pool = this.#pool();
    const volume = readyVolume(pool, request.volumeId);
    await requireShown(pool, volume, request.volumePath);
    const { device } = await usesOf(pool, volume);
    if (device !== undefined) await pool.loopDevices.refresh(device);
    return { capacityBytes: volume.bytes };
  }

  override async nodeGetInfo(): Reply<typeof csi.NodeGetInfoResponseSchema> {
    const pool = this.#pool();
    const { nodeId, maxVolumesPerNode = 0 } = pool.options;
    return {
      nodeId,
      maxVolumesPerNode: BigInt(maxVolumesPerNode),
      accessibleTopology: { segments: placeOf(pool) },
    };
  }

  async #requireStaged(
    pool: HostPathPool,
    volume: VolumeRecord,
    { stagingTargetPath }: csi.NodePublishVolumeRequest,
  ): Promise<void> {
    const uses = await usesOf(pool, volume);
    const staged =
      stagingTargetPath !== '' &&
      (volume.access === 'block' ? uses.device !== undefined : await isShownAt(pool, uses, stagingTargetPath));
    if (staged) return;
    const where = stagingTargetPath === '' ? 'staging_target_path is required' : `it is not at '${stagingTargetPath}'`;
    throw new GrpcStatusError(Code.FAILED_PRECONDITION, `volume '${volume.id}' is not staged: ${where}`);
  }
}

/**
 * The device's node, shown at the target. A device can be protected against writing only as a whole, when it is staged.
 */
async function publishDevice(
  pool: HostPathPool,
  volume: VolumeRecord,
  { targetPath, readonly }: csi.NodePublishVolumeRequest,
  staged: boolean,
): Promise<void> {
  if (readonly && !staged) {
    throw invalidArgument({
      field: 'readonly',
      reason: 'needs a reader-only access mode where the volume is a device',
    });
  }
  const { device } = await usesOf(pool, volume);
  if (device === undefined) throw new GrpcStatusError(Code.FAILED_PRECONDITION, `volume '${volume.id}' is not staged`);
  await ensureBindMount(pool.mounter, { source: device, target: targetPath, kind: 'file' });
}

function mountFlagsOf({ accessType }: csi.VolumeCapability): readonly string[] {
  return accessType.case === 'mount' ? accessType.value.mountFlags : [];
}

/** @throws GrpcStatusError INVALID_ARGUMENT where the volume is of the other type */
function checkAccess(volume: VolumeRecord, capability: csi.VolumeCapability | undefined): csi.VolumeCapability {
  if (capability !== undefined && accessTypeOf(capability) === volume.access) return capability;
  throw invalidArgument({
    field: 'volume_capability.access_type',
    reason: `has to be ${volume.access} for this volume`,
  });
}

async function requireShown(pool: HostPathPool, volume: VolumeRecord, path: string): Promise<void> {
  if (!(await isShownAt(pool, await usesOf(pool, volume), path))) throw notFound('volume at path', path);
}

async function refuseSecondTarget(
  pool: HostPathPool,
  volume: VolumeRecord,
  { targetPath, stagingTargetPath }: csi.NodePublishVolumeRequest,
): Promise<void> {
  const own = [targetPath, ...(stagingTargetPath === '' ? [] : [stagingTargetPath])];
  const allowed = await Promise.all(own.map((path) => pool.mounter.realPath(path, { parents: true })));
  const other = (await usesOf(pool, volume)).mounts.find(({ mountPoint }) => !allowed.includes(mountPoint));
  if (other === undefined) return;
  throw new GrpcStatusError(
    Code.FAILED_PRECONDITION,
    `volume '${volume.id}' has its single writer at '${other.mountPoint}'`,
  );
}

/** Somebody else's mount is not ours to take off, whatever the caller believes. */
async function refuseForeign(pool: HostPathPool, volume: VolumeRecord, targetPath: string): Promise<void> {
  const real = await pool.mounter.realPath(targetPath, { parents: true });
  const mounted = (await pool.mounter.mounts()).some(({ mountPoint }) => mountPoint === real);
  if (!mounted || (await isShownAt(pool, await usesOf(pool, volume), targetPath))) return;
  throw new GrpcStatusError(
    Code.FAILED_PRECONDITION,
    `'${targetPath}' shows something else than volume '${volume.id}'`,
  );
}

import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ControllerService, CsiDriver, LinuxMounter, NodeService } from '@kubewright/csi-sdk';
import { alreadyExists, capacityFits, chooseCapacity, notFound } from '@kubewright/csi-sdk';
import { cleanupTarget, ensureBindMount } from '@kubewright/csi-sdk';
import type * as csi from '@kubewright/csi-sdk/v1';

/** A file system that all nodes share. A volume is the directory `ID/BYTES` in it, so nothing else has to be remembered. */
export const directory = process.env['VOLUMES_DIRECTORY'] ?? '/dev/shm/example-csi-volumes';
const mounter = new LinuxMounter();

async function sizeOf(volumeId: string): Promise<string | undefined> {
  if (!/^[0-9a-f]{64}$/.test(volumeId)) return undefined;
  return (await readdir(join(directory, volumeId)).catch(() => []))[0];
}

class SharedDirectoryController extends ControllerService {
  override async createVolume({ name, capacityRange }: csi.CreateVolumeRequest) {
    const volumeId = createHash('sha256').update(name).digest('hex');
    const capacityBytes = BigInt((await sizeOf(volumeId)) ?? chooseCapacity(capacityRange, { default: 1n << 20n }));
    if (!capacityFits(capacityRange, capacityBytes)) throw alreadyExists('volume', name, 'has another size');
    await mkdir(join(directory, volumeId, String(capacityBytes)), { recursive: true });
    return { volume: { volumeId, capacityBytes } };
  }

  override async deleteVolume({ volumeId }: csi.DeleteVolumeRequest) {
    if (await sizeOf(volumeId)) await rm(join(directory, volumeId), { recursive: true, force: true });
    return {};
  }

  override async validateVolumeCapabilities({ volumeId, volumeCapabilities }: csi.ValidateVolumeCapabilitiesRequest) {
    if (!(await sizeOf(volumeId))) throw notFound('volume', volumeId);
    return { confirmed: { volumeCapabilities } };
  }
}

class SharedDirectoryNode extends NodeService {
  override async nodePublishVolume({ volumeId, targetPath, readonly }: csi.NodePublishVolumeRequest) {
    const size = await sizeOf(volumeId);
    if (!size) throw notFound('volume', volumeId);
    const source = join(directory, volumeId, size);
    await ensureBindMount(mounter, { source, target: targetPath, kind: 'directory', readOnly: readonly });
    return {};
  }

  override async nodeUnpublishVolume({ targetPath }: csi.NodeUnpublishVolumeRequest) {
    await cleanupTarget(mounter, targetPath);
    return {};
  }

  override nodeGetInfo = () => Promise.resolve({ nodeId: process.env['KUBE_NODE_NAME'] ?? 'this-node' });
}

export class SharedDirectoryDriver extends CsiDriver {
  readonly name = 'files.example.com';
  readonly version = '1.0.0';
  override readonly controller = new SharedDirectoryController();
  override readonly node = new SharedDirectoryNode();
}

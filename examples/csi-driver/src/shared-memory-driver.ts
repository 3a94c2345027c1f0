import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ControllerService, CsiDriver, LinuxMounter, NodeService } from '@kubewright/csi-sdk';
import { alreadyExists, capacityFits, chooseCapacity, notFound } from '@kubewright/csi-sdk';
import { cleanupTarget, ensureBindMount } from '@kubewright/csi-sdk';
import type * as csi from '@kubewright/csi-sdk/v1';

export const directory = '/dev/shm/example-csi-volumes';
const mounter = new LinuxMounter();
const sizes = new Map<string, bigint>();

function requireVolume(volumeId: string): void {
  if (!sizes.has(volumeId)) throw notFound('volume', volumeId);
}

class SharedMemoryController extends ControllerService {
  override async createVolume({ name, capacityRange }: csi.CreateVolumeRequest) {
    const volumeId = createHash('sha256').update(name).digest('hex');
    const capacityBytes = sizes.get(volumeId) ?? chooseCapacity(capacityRange, { default: 1n << 20n });
    if (!capacityFits(capacityRange, capacityBytes)) throw alreadyExists('volume', name, 'has another size');
    await mkdir(join(directory, volumeId), { recursive: true });
    sizes.set(volumeId, capacityBytes);
    return { volume: { volumeId, capacityBytes } };
  }

  override async deleteVolume({ volumeId }: csi.DeleteVolumeRequest) {
    if (sizes.delete(volumeId)) await rm(join(directory, volumeId), { recursive: true, force: true });
    return {};
  }

  override async validateVolumeCapabilities({ volumeId, volumeCapabilities }: csi.ValidateVolumeCapabilitiesRequest) {
    requireVolume(volumeId);
    return { confirmed: { volumeCapabilities } };
  }
}

class SharedMemoryNode extends NodeService {
  override async nodePublishVolume({ volumeId, targetPath, readonly }: csi.NodePublishVolumeRequest) {
    requireVolume(volumeId);
    const source = join(directory, volumeId);
    await ensureBindMount(mounter, { source, target: targetPath, kind: 'directory', readOnly: readonly });
    return {};
  }

  override async nodeUnpublishVolume({ targetPath }: csi.NodeUnpublishVolumeRequest) {
    await cleanupTarget(mounter, targetPath);
    return {};
  }

  override nodeGetInfo = () => Promise.resolve({ nodeId: 'this-node' });
}

export class SharedMemoryDriver extends CsiDriver {
  readonly name = 'memory.example.com';
  readonly version = '1.0.0';
  override readonly controller = new SharedMemoryController();
  override readonly node = new SharedMemoryNode();
}

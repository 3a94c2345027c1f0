import { rm, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Host, runUntilSignal } from '@kubewright/core';
import { LinuxMounter, CsiDriver, NodeService, cleanupTarget, ensureBindMount } from '@kubewright/csi-sdk';
import type * as csi from '@kubewright/csi-sdk/v1';

const mounter = new LinuxMounter();

/** Gives each Pod an empty directory of its own, which goes with the Pod. */
class ScratchNode extends NodeService {
  override async nodePublishVolume({ volumeId, targetPath, readonly }: csi.NodePublishVolumeRequest) {
    const source = join('/var/lib/scratch', encodeURIComponent(volumeId));
    await mkdir(source, { recursive: true });
    await ensureBindMount(mounter, { source, target: targetPath, kind: 'directory', readOnly: readonly });
    return {};
  }

  override async nodeUnpublishVolume({ volumeId, targetPath }: csi.NodeUnpublishVolumeRequest) {
    await cleanupTarget(mounter, targetPath);
    await rm(join('/var/lib/scratch', encodeURIComponent(volumeId)), { recursive: true, force: true });
    return {};
  }

  override nodeGetInfo = () => Promise.resolve({ nodeId: 'this-node' });
}

class ScratchDriver extends CsiDriver {
  readonly name = 'scratch.example.com';
  readonly version = '1.0.0';
  override readonly node = new ScratchNode();
}

await runUntilSignal(new Host().use(ScratchDriver)); // serves at CSI_ENDPOINT

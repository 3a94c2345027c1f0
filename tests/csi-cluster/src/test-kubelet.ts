import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Node, PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import type { Pod } from '@kubewright/api/core/v1';
import { attachmentName, uniqueVolumeName } from '@kubewright/controllers';
import { VolumeAttachment } from '@kubewright/api/storage/v1';
import { VolumeCapability_AccessMode_Mode as Mode } from '@kubewright/csi-sdk/v1';
import { expect } from 'vitest';
import type { StorageCluster } from './storage-cluster.js';

const accessMode = { mode: Mode.SINGLE_NODE_MULTI_WRITER };
const capabilities = {
  Filesystem: { accessType: { case: 'mount', value: {} }, accessMode },
  Block: { accessType: { case: 'block', value: {} }, accessMode },
} as const;

/** What a kubelet does about the volumes of pods on `node-1`, as far as others can see it. */
export class TestKubelet {
  constructor(
    private readonly storage: StorageCluster,
    private readonly nodeName = 'node-1',
  ) {}

  /** Mounts the volume of a claim as soon as the control plane has attached it; the result is where pods see it. */
  async mount(claimName: string): Promise<string> {
    const { csi, uniqueName, mode } = await this.#volumeOf(claimName);
    // In this order: from now on the control plane must not detach it, and only then is it looked at.
    await this.#setInUse([uniqueName]);
    await this.storage.cluster.eventually(async () => expect(await this.attached()).toContain(uniqueName));
    const key = { name: attachmentName(csi, this.nodeName) };
    const { attachmentMetadata } = (await this.storage.client.get(VolumeAttachment, key)).status ?? {};
    const volume = {
      volumeId: csi.volumeHandle,
      volumeCapability: capabilities[mode],
      publishContext: { ...attachmentMetadata },
      stagingTargetPath: this.#pathOf(csi.volumeHandle, 'staging'),
    };
    const { node } = this.storage.driver.client;
    await node.nodeStageVolume(volume);
    const targetPath = this.#pathOf(csi.volumeHandle, 'target');
    await node.nodePublishVolume({ ...volume, targetPath });
    return targetPath;
  }

  async unmount(claimName: string): Promise<void> {
    await (
      await this.unmounter(claimName)
    )();
  }

  /** For a claim that may be gone when it is time to unmount, as kubelets remember what they mounted. */
  async unmounter(claimName: string): Promise<() => Promise<void>> {
    const { csi } = await this.#volumeOf(claimName);
    const { node } = this.storage.driver.client;
    const volumeId = csi.volumeHandle;
    return async () => {
      await node.nodeUnpublishVolume({ volumeId, targetPath: this.#pathOf(volumeId, 'target') });
      await node.nodeUnstageVolume({ volumeId, stagingTargetPath: this.#pathOf(volumeId, 'staging') });
      await this.#setInUse([]);
    };
  }

  /** Mounts a volume that a pod brings with it: nothing of that is in the cluster but the pod. */
  async mountInline({ metadata, spec }: Pod): Promise<{ readonly volumeId: string; readonly targetPath: string }> {
    const { name = '', csi } = spec?.volumes?.[0] ?? {};
    const id = `${name}-${metadata.namespace}-${metadata.name}-${metadata.uid}`;
    const volumeId = `csi-${createHash('sha256').update(id).digest('hex')}`;
    const targetPath = this.#pathOf(volumeId, 'target');
    const volumeContext = { ...csi?.volumeAttributes, 'csi.storage.k8s.io/ephemeral': 'true' };
    const volumeCapability = capabilities.Filesystem;
    await this.storage.driver.client.node.nodePublishVolume({ volumeId, targetPath, volumeContext, volumeCapability });
    return { volumeId, targetPath };
  }

  /** What the control plane has told the node. */
  async attached(): Promise<string[]> {
    const { status } = await this.storage.client.get(Node, { name: this.nodeName });
    return (status?.volumesAttached ?? []).map(({ name }) => name);
  }

  async #setInUse(volumesInUse: string[]): Promise<void> {
    const patch = { status: { volumesInUse } };
    await this.storage.client.status(Node).patch({ name: this.nodeName }, { type: 'merge', patch });
  }

  async #volumeOf(claimName: string) {
    const { spec: claim } = await this.storage.client.get(PersistentVolumeClaim, { name: claimName });
    const { spec } = await this.storage.client.get(PersistentVolume, { name: claim?.volumeName ?? '' });
    if (spec?.csi === undefined) throw new Error(`claim ${claimName} has no CSI volume`);
    const mode = spec.volumeMode === 'Block' ? 'Block' : 'Filesystem';
    return { csi: spec.csi, uniqueName: uniqueVolumeName(spec.csi), mode } as const;
  }

  #pathOf(volumeId: string, kind: string): string {
    return join(this.storage.driver.mountDirectory, `${volumeId}-${kind}`);
  }
}

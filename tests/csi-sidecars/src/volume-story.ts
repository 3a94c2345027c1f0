/** What has to happen to volumes whoever the driver and the sidecars are, seen from the cluster and from a node. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isConditionTrue } from '@kubewright/api';
import type { Kind } from '@kubewright/api';
import { Node, PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import type { PersistentVolumeClaimSpec } from '@kubewright/api/core/v1';
import { CSINode, StorageClass, VolumeAttachment } from '@kubewright/api/storage/v1';
import type { TestCluster } from '@kubewright/cluster/testing';
import { LinuxMounter, mountsAt } from '@kubewright/csi-sdk';
import type { CsiClient } from '@kubewright/csi-sdk';
import { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from '@kubewright/csi-sidecars';
import { VolumeCapability_AccessMode_Mode as Mode } from '@kubewright/csi-sdk/v1';
import { expect } from 'vitest';

export interface StoryDriver {
  readonly name: string;
  readonly client: CsiClient;
  /** Empty, for staging and publishing. */
  readonly mountDirectory: string;
}

const nodeName = 'node-1';
/** Sidecars of others poll, and back off for seconds. */
const patience = { timeout: 45_000 };
const volumeCapability = {
  accessType: { case: 'mount', value: {} },
  accessMode: { mode: Mode.SINGLE_NODE_WRITER },
} as const;

export class VolumeStory {
  constructor(
    private readonly cluster: TestCluster,
    private readonly driver: StoryDriver,
    private readonly parameters: Record<string, string> = {},
  ) {}

  /** From the first claim to the last deletion. Needs root, as the data is looked at where pods would see it. */
  async tell(): Promise<void> {
    const { client } = this.cluster;
    await client.create(StorageClass, {
      metadata: { name: 'story' },
      provisioner: this.driver.name,
      allowVolumeExpansion: true,
      parameters: this.parameters,
    });
    const volume = await this.#provide('data', { resources: { requests: { storage: '1Mi' } } });
    await this.#onNode(volume, (path) => writeFile(join(path, 'state'), 'before'));
    await this.#grow('data', '2Mi');
    await this.#snapshot('data', 'monday');
    await this.#onNode(volume, (path) => writeFile(join(path, 'state'), 'after'));
    const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'monday' };
    const restored = await this.#provide('restored', { dataSource, resources: { requests: { storage: '2Mi' } } });
    const { controller } = this.driver.client;
    await this.#repeat(async () => {
      expect((await controller.listVolumes({})).entries).toHaveLength(2);
      expect((await controller.listSnapshots({})).entries).toHaveLength(1);
    });
    const read = (path: string): Promise<string> => readFile(join(path, 'state'), 'utf8');
    expect(await this.#onNode(restored, read)).toBe('before');
    expect(await this.#onNode(volume, read)).toBe('after');
    await client.delete(VolumeSnapshot, { name: 'monday' });
    await this.#gone(VolumeSnapshot, VolumeSnapshotContent);
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    await this.#repeat(async () => expect((await client.list(PersistentVolume)).items).toHaveLength(1));
    await client.delete(PersistentVolumeClaim, { name: 'restored' });
    await this.#gone(PersistentVolumeClaim, PersistentVolume);
    await this.#repeat(async () => {
      expect((await controller.listVolumes({})).entries).toEqual([]);
      expect((await controller.listSnapshots({})).entries).toEqual([]);
    });
  }

  /** What a kubelet does when a driver registers. Comes first. */
  async register(): Promise<void> {
    const { client } = this.cluster;
    const { nodeId, accessibleTopology } = await this.driver.client.node.nodeGetInfo({});
    const labels = accessibleTopology?.segments ?? {};
    await client.patch(Node, { name: nodeName }, { type: 'merge', patch: { metadata: { labels } } });
    const drivers = [{ name: this.driver.name, nodeID: nodeId, topologyKeys: Object.keys(labels) }];
    await client.create(CSINode, { metadata: { name: nodeName }, spec: { drivers } });
  }

  /** Resolves with the volume of a new claim. */
  async #provide(name: string, spec: Partial<PersistentVolumeClaimSpec>): Promise<PersistentVolume> {
    const { client } = this.cluster;
    await client.create(PersistentVolumeClaim, {
      metadata: { name, namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'story', ...spec },
    });
    return this.#repeat(async () => {
      const claim = await client.get(PersistentVolumeClaim, { name });
      expect(claim.status?.phase).toBe('Bound');
      return client.get(PersistentVolume, { name: claim.spec?.volumeName ?? '' });
    });
  }

  /** Attaches the volume, shows it as a kubelet would, and takes all of that back. */
  async #onNode<T>({ metadata, spec }: PersistentVolume, work: (path: string) => Promise<T>): Promise<T> {
    const { client } = this.cluster;
    const { node } = this.driver.client;
    const volumeId = spec?.csi?.volumeHandle ?? '';
    const volumeContext = spec?.csi?.volumeAttributes ?? {};
    const key = { name: `csi-${metadata.name}` };
    const source = { persistentVolumeName: metadata.name ?? '' };
    await client.create(VolumeAttachment, { metadata: key, spec: { attacher: this.driver.name, nodeName, source } });
    const publishContext = await this.#repeat(async () => {
      const { status } = await client.get(VolumeAttachment, key);
      expect(status?.attached).toBe(true);
      return status?.attachmentMetadata ?? {};
    });
    const stagingTargetPath = join(this.driver.mountDirectory, 'staging');
    const targetPath = join(this.driver.mountDirectory, 'target');
    const staged = { volumeId, volumeContext, publishContext, volumeCapability, stagingTargetPath };
    await this.#repeat(() => node.nodeStageVolume(staged));
    await this.#repeat(() => node.nodePublishVolume({ ...staged, targetPath }));
    expect(mountsAt(await new LinuxMounter().mounts(), targetPath)).toHaveLength(1);
    const result = await work(targetPath);
    await this.#repeat(() => node.nodeUnpublishVolume({ volumeId, targetPath }));
    await this.#repeat(() => node.nodeUnstageVolume({ volumeId, stagingTargetPath }));
    expect(mountsAt(await new LinuxMounter().mounts(), targetPath)).toEqual([]);
    await client.delete(VolumeAttachment, key);
    await this.#repeat(async () => expect((await client.list(VolumeAttachment)).items).toEqual([]));
    return result;
  }

  /** Until it holds, or until a driver that is being restarted does it. */
  #repeat<T>(call: () => Promise<T>): Promise<T> {
    return this.cluster.eventually(call, patience);
  }

  /** Where the driver leaves a part to the node, the controllers' part. */
  async #grow(name: string, storage: string): Promise<void> {
    const { client } = this.cluster;
    const patch = { spec: { resources: { requests: { storage } } } };
    await client.patch(PersistentVolumeClaim, { name }, { type: 'merge', patch });
    await this.#repeat(async () => {
      const { spec, status } = await client.get(PersistentVolumeClaim, { name });
      const volume = await client.get(PersistentVolume, { name: spec?.volumeName ?? '' });
      expect(volume.spec?.capacity).toEqual({ storage });
      const isLeftToNode = isConditionTrue(status?.conditions, 'FileSystemResizePending');
      if (!isLeftToNode) expect(status?.capacity).toEqual({ storage });
    });
  }

  async #snapshot(claim: string, name: string): Promise<void> {
    const { client } = this.cluster;
    const snapshotClass = { metadata: { name: 'story' }, driver: this.driver.name, deletionPolicy: 'Delete' };
    await client.create(VolumeSnapshotClass, snapshotClass);
    await client.create(VolumeSnapshot, {
      metadata: { name, namespace: 'default' },
      spec: { volumeSnapshotClassName: 'story', source: { persistentVolumeClaimName: claim } },
    });
    await this.#repeat(async () =>
      expect((await client.get(VolumeSnapshot, { name })).status).toMatchObject({ readyToUse: true }),
    );
  }

  async #gone(...kinds: readonly Kind[]): Promise<void> {
    await this.#repeat(async () => {
      for (const kind of kinds) expect((await this.cluster.client.list(kind)).items).toEqual([]);
    });
  }
}

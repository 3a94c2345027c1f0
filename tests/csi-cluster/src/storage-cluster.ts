import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '@kubewright/api/core/v1';
import type { PersistentVolumeClaimSpec, Volume } from '@kubewright/api/core/v1';
import { CSINode, StorageClass } from '@kubewright/api/storage/v1';
import { TestCluster } from '@kubewright/cluster/testing';
import { csiSidecars } from '@kubewright/csi-sidecars';
import type { CsiSidecarsOptions } from '@kubewright/csi-sidecars';
import { startHostPathDriver } from '@kubewright/storage/testing';
import type { StartedHostPathDriver } from '@kubewright/storage/testing';
import { expect } from 'vitest';

export const driverName = 'hostpath.csi.kubewright.dev';
const topologyKey = `topology.${driverName}/node`;

export interface StorageClusterOptions {
  readonly nodes?: number;
  readonly only?: CsiSidecarsOptions['only'];
}

/** A cluster with the host-path driver on `node-1`, reached over its socket, and its sidecars. */
export class StorageCluster implements AsyncDisposable {
  #later = 1;

  private constructor(
    readonly cluster: TestCluster,
    readonly driver: StartedHostPathDriver,
  ) {}

  static async start({ nodes = 1, only }: StorageClusterOptions = {}): Promise<StorageCluster> {
    const driver = await startHostPathDriver();
    const sidecars = csiSidecars({ endpoint: driver.socketPath, ...(only && { only }) });
    const cluster = await TestCluster.start({ nodes, controllers: sidecars });
    return new StorageCluster(cluster, driver);
  }

  get client(): TestCluster['client'] {
    return this.cluster.client;
  }

  /** What a kubelet does when a driver registers. */
  async register(nodeName: string): Promise<void> {
    const patch = { metadata: { labels: { [topologyKey]: nodeName } } };
    await this.client.patch(Node, { name: nodeName }, { type: 'merge', patch });
    const drivers = [{ name: driverName, nodeID: nodeName, topologyKeys: [topologyKey] }];
    await this.client.create(CSINode, { metadata: { name: nodeName }, spec: { drivers } });
  }

  storageClass(name: string, fields: Partial<StorageClass> = {}): Promise<StorageClass> {
    return this.client.create(StorageClass, {
      metadata: { name },
      provisioner: driverName,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
      ...fields,
    });
  }

  claim(name: string, spec: Partial<PersistentVolumeClaimSpec> = {}): Promise<PersistentVolumeClaim> {
    return this.client.create(PersistentVolumeClaim, {
      metadata: { name, namespace: 'default' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'fast',
        resources: { requests: { storage: '1Mi' } },
        ...spec,
      },
    });
  }

  /** Resolves with the claim's volume when both sides say that they are bound. */
  bound(name: string): Promise<PersistentVolume> {
    return this.cluster.eventually(async () => {
      const { spec, status } = await this.client.get(PersistentVolumeClaim, { name });
      expect(status?.phase).toBe('Bound');
      const volume = await this.client.get(PersistentVolume, { name: spec?.volumeName ?? '' });
      expect(volume.status?.phase).toBe('Bound');
      return volume;
    });
  }

  /** A pod on a node with one volume: a claim's, or another. */
  pod(name: string, nodeName: string, volume: string | Omit<Volume, 'name'>): Promise<Pod> {
    const source = typeof volume === 'string' ? { persistentVolumeClaim: { claimName: volume } } : volume;
    return this.client.create(Pod, {
      metadata: { name, namespace: 'default' },
      spec: { nodeName, containers: [{ name: 'main', image: 'app' }], volumes: [{ name: 'data', ...source }] },
    });
  }

  /** Resolves when the pod is gone. */
  async deletePod(name: string): Promise<void> {
    await this.client.delete(Pod, { name }, { gracePeriodSeconds: 0 });
    await this.cluster.eventually(async () => {
      const { items } = await this.client.list(Pod);
      expect(items.map(({ metadata }) => metadata.name)).not.toContain(name);
    });
  }

  /** Resolves when everybody has had the time to do what must not happen: when a later claim was served. */
  async settled(): Promise<void> {
    const name = `later-${this.#later++}`;
    await this.claim(name);
    await this.bound(name);
  }

  /** Where the driver keeps a volume's files. */
  filesOf(volume: PersistentVolume): string {
    return join(this.driver.root, 'volumes', volume.spec?.csi?.volumeHandle ?? '', 'files');
  }

  /** The driver's volumes and snapshots, as it has them. */
  kept(kind: 'volumes' | 'snapshots'): Promise<string[]> {
    return readdir(join(this.driver.root, kind));
  }

  /** Resolves when the driver has nothing left of a kind. */
  async emptied(kind: 'volumes' | 'snapshots'): Promise<void> {
    await this.cluster.eventually(async () => expect(await this.kept(kind)).toEqual([]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop();
    await this.driver[Symbol.asyncDispose]();
  }
}

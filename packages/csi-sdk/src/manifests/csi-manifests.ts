/**
 * What a cluster needs to run a driver, as objects that are made from the driver itself: which parts it has, what has to be
 * attached, which sidecars it needs and what these may do. Neighbours: `sidecars` is what runs with those rights.
 */
import type { KubeObject } from '@kubewright/api';
import type { EnvVar, ServiceAccount, Volume, VolumeMount } from '@kubewright/api/core/v1';
import type { CSIDriver, CSIDriverSpec, StorageClass } from '@kubewright/api/storage/v1';
import type { CsiDriver } from '../driver/csi-driver.js';
import { VolumeSnapshotClass } from '../sidecars/snapshots/kinds.js';
import { groupSnapshotDefinitions, snapshotDefinitions } from '../sidecars/snapshots/snapshot-definitions.js';
import type { CsiSidecar } from '../sidecars/csi-sidecars.js';
import { namesOf } from './names.js';
import { controllerRights } from './rights.js';
import { sidecarsFor } from './sidecars-for.js';
import { controllerDeployment, nodeDaemonSet } from './workloads.js';

/** A program in the driver's image. */
export interface CsiProgram {
  /** Default: that of the image. */
  readonly command?: readonly string[];
  /** Beside those that are always there. */
  readonly env?: readonly EnvVar[];
  /** What the storage needs, as the directory that it is in. */
  readonly volumes?: readonly Volume[];
  readonly volumeMounts?: readonly VolumeMount[];
  /**
   * Where the program answers `/healthz`: the node part with `livenessProbe`, the controller part with the `health` of its
   * Kubewright, since a copy that waits does not serve the driver. Default: nowhere, it is not probed.
   */
  readonly livenessPort?: number;
}

export interface CsiManifestsOptions {
  /** The image with the driver's programs. */
  readonly image: string;
  /** Default: `kube-system`, where the priorities that storage should have are allowed. */
  readonly namespace?: string;
  /** Which sidecars run in the controller's process. Default: those that the driver has methods for. */
  readonly sidecars?: readonly CsiSidecar[];
  /** Serves the driver on CSI_ENDPOINT. The socket is registered with the kubelet, by CSI_REGISTRATION_ENDPOINT; KUBE_NODE_NAME is the node. */
  readonly node?: CsiProgram;
  /** Serves the driver on CSI_ENDPOINT and runs the sidecars, one copy at a time: the Lease that it needs has the driver's name. */
  readonly controller?: CsiProgram & {
    /** Default: 1. The others wait. */
    readonly replicas?: number;
  };
  /** The kubelet's directory. Default: `/var/lib/kubelet`. */
  readonly kubeletDirectory?: string;
  /** Where the secrets are that classes name. Default: nowhere, no secret may be read. */
  readonly secretNamespaces?: readonly string[];
  /** Fields of the CSIDriver that cannot be seen from the driver, as `fsGroupPolicy`. */
  readonly driver?: Partial<CSIDriverSpec>;
}

/**
 * The objects in the order in which they are to be applied. What is a matter of taste, as the classes, is a beginning.
 *
 * ```ts
 * process.stdout.write(toYaml(csiManifests(driver, { image: 'example.com/files-driver:1.0.0' })));
 * ```
 *
 * @param driver - an instance that has not been started; it is only looked at.
 */
export function csiManifests(driver: CsiDriver, options: CsiManifestsOptions): KubeObject[] {
  const { sidecars = sidecarsFor(driver) } = options;
  const names = namesOf(driver, options);
  const account = (name: string): ServiceAccount => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: names.namespace, labels: names.labels },
  });
  const { node, controller } = driver;
  return [
    csiDriver(driver, sidecars, options.driver),
    ...(sidecars.includes('snapshotter') ? snapshotDefinitions() : []),
    ...(sidecars.includes('group-snapshotter') ? groupSnapshotDefinitions() : []),
    ...(node ? [account(names.node), nodeDaemonSet(driver, options)] : []),
    ...(controller
      ? [account(names.controller), ...controllerRights(driver, options), controllerDeployment(driver, options)]
      : []),
    ...(controller?.createVolume ? [storageClass(driver)] : []),
    ...(controller?.createSnapshot ? [snapshotClass(driver)] : []),
  ];
}

function csiDriver(driver: CsiDriver, sidecars: readonly CsiSidecar[], given: Partial<CSIDriverSpec> = {}): CSIDriver {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIDriver',
    metadata: { name: driver.name },
    spec: {
      attachRequired: driver.controller?.controllerPublishVolume !== undefined,
      podInfoOnMount: false,
      storageCapacity: sidecars.includes('capacity'),
      volumeLifecycleModes: ['Persistent'],
      ...given,
    },
  };
}

function storageClass({ name, features, controller }: CsiDriver): StorageClass {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: name,
    reclaimPolicy: 'Delete',
    volumeBindingMode: features.topology === true ? 'WaitForFirstConsumer' : 'Immediate',
    allowVolumeExpansion: controller?.controllerExpandVolume !== undefined,
  };
}

function snapshotClass({ name }: CsiDriver): VolumeSnapshotClass {
  const { group, version, kind } = VolumeSnapshotClass;
  return { apiVersion: `${group}/${version}`, kind, metadata: { name }, driver: name, deletionPolicy: 'Delete' };
}

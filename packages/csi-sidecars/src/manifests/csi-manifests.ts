/**
 * What a cluster needs to run a driver, as objects that are made from the driver itself: which parts it has, what has to be
 * attached, which sidecars it needs and what these may do. Neighbours: `sidecars` is what runs with those rights.
 */
import type { KubeObject } from '@kubewright/api';
import type { ServiceAccount } from '@kubewright/api/core/v1';
import type { CSIDriver, CSIDriverSpec, StorageClass } from '@kubewright/api/storage/v1';
import type { CsiDriver } from '@kubewright/csi-sdk';
import { VolumeSnapshotClass } from '../snapshots/kinds.js';
import { groupSnapshotDefinitions, snapshotDefinitions } from '../snapshots/snapshot-definitions.js';
import type { CsiSidecar } from '../csi-sidecars.js';
import { namesOf } from './names.js';
import type { CsiManifestsOptions } from './options.js';
import { controllerRights } from './rights.js';
import { sidecarsFor } from './sidecars-for.js';
import { controllerDeployment, nodeDaemonSet } from './workloads.js';

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

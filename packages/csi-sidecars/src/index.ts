/**
 * The sidecars of a CSI driver as controllers in one process: provisioner, capacity, attacher, resizer, snapshotter and the
 * health monitor. The objects that run them beside a driver on a cluster come from `@kubewright/csi-sidecars/manifests`.
 *
 * @packageDocumentation
 */
export { csiSidecars } from './sidecars/csi-sidecars.js';
export type { CsiSidecar, CsiSidecarsOptions } from './sidecars/csi-sidecars.js';
export { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from './sidecars/snapshots/kinds.js';
export {
  VolumeGroupSnapshot,
  VolumeGroupSnapshotClass,
  VolumeGroupSnapshotContent,
} from './sidecars/snapshots/group-kinds.js';
export type { VolumeSnapshotInfo } from './sidecars/snapshots/group-kinds.js';
export type { HealthIntervals } from './sidecars/volume-health-monitor.js';

// One by one
export { DriverConnection, DriverEndpoint } from './sidecars/driver-connection.js';
export type { DriverInfo } from './sidecars/driver-connection.js';
export { VolumeProvisioner } from './sidecars/volume-provisioner.js';
export { VolumeDeleter } from './sidecars/volume-deleter.js';
export { CapacityPublisher } from './sidecars/capacity-publisher.js';
export { VolumeAttacher } from './sidecars/volume-attacher.js';
export { AttachedVolumeProtection } from './sidecars/attached-volume-protection.js';
export { VolumeResizer } from './sidecars/volume-resizer.js';
export { VolumeModifier } from './sidecars/volume-modifier.js';
export { CloneProtection } from './sidecars/clone-protection.js';
export { VolumeHealthMonitor } from './sidecars/volume-health-monitor.js';
export { SnapshotController } from './sidecars/snapshots/snapshot-controller.js';
export { SnapshotContentController } from './sidecars/snapshots/snapshot-content-controller.js';
export { ClaimSourceProtection } from './sidecars/snapshots/claim-source-protection.js';
export { GroupSnapshotController } from './sidecars/snapshots/group-snapshot-controller.js';
export { GroupSnapshotContentController } from './sidecars/snapshots/group-snapshot-content-controller.js';
export { GroupSourceProtection } from './sidecars/snapshots/group-source-protection.js';
export { GroupSnapshotDefinitions, SnapshotDefinitions } from './sidecars/snapshots/snapshot-definitions.js';

// Errors
export { csiSidecarErrors } from './errors.js';

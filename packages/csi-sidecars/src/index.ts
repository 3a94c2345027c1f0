/**
 * The sidecars of a CSI driver as controllers in one process: provisioner, capacity, attacher, resizer, snapshotter and the
 * health monitor. The objects that run them beside a driver on a cluster come from `@kubewright/csi-sidecars/manifests`.
 *
 * @packageDocumentation
 */
export { csiSidecars } from './csi-sidecars.js';
export type { CsiSidecar, CsiSidecarsOptions } from './csi-sidecars.js';
export { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from './snapshots/kinds.js';
export { VolumeGroupSnapshot, VolumeGroupSnapshotClass, VolumeGroupSnapshotContent } from './snapshots/group-kinds.js';
export type { VolumeSnapshotInfo } from './snapshots/group-kinds.js';
export type { HealthIntervals } from './volumes/volume-health-monitor.js';

// One by one
export { DriverConnection, DriverEndpoint } from './driver/driver-connection.js';
export type { DriverInfo } from './driver/driver-connection.js';
export { VolumeProvisioner } from './volumes/volume-provisioner.js';
export { VolumeDeleter } from './volumes/volume-deleter.js';
export { CapacityPublisher } from './volumes/capacity-publisher.js';
export { VolumeAttacher } from './volumes/volume-attacher.js';
export { AttachedVolumeProtection } from './volumes/attached-volume-protection.js';
export { VolumeResizer } from './volumes/volume-resizer.js';
export { VolumeModifier } from './volumes/volume-modifier.js';
export { CloneProtection } from './volumes/clone-protection.js';
export { VolumeHealthMonitor } from './volumes/volume-health-monitor.js';
export { SnapshotController } from './snapshots/snapshot-controller.js';
export { SnapshotContentController } from './snapshots/snapshot-content-controller.js';
export { ClaimSourceProtection } from './snapshots/claim-source-protection.js';
export { GroupSnapshotController } from './snapshots/group-snapshot-controller.js';
export { GroupSnapshotContentController } from './snapshots/group-snapshot-content-controller.js';
export { GroupSourceProtection } from './snapshots/group-source-protection.js';
export { GroupSnapshotDefinitions, SnapshotDefinitions } from './snapshots/snapshot-definitions.js';

// Errors
export { csiSidecarErrors } from './errors.js';

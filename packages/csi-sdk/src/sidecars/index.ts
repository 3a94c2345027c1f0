/**
 * The sidecars of a CSI driver as controllers in one process: provisioner, capacity, attacher, resizer, snapshotter and the
 * health monitor.
 *
 * @packageDocumentation
 */
export { csiSidecars } from './csi-sidecars.js';
export type { CsiSidecar, CsiSidecarsOptions } from './csi-sidecars.js';
export { LivenessProbe, livenessProbe } from './liveness-probe.js';
export type { LivenessProbeOptions } from './liveness-probe.js';
export { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from './snapshots/kinds.js';
export { VolumeGroupSnapshot, VolumeGroupSnapshotClass, VolumeGroupSnapshotContent } from './snapshots/group-kinds.js';
export type { VolumeSnapshotInfo } from './snapshots/group-kinds.js';
export type { HealthIntervals } from './volume-health-monitor.js';

// One by one
export { DriverConnection, DriverEndpoint } from './driver-connection.js';
export type { DriverInfo } from './driver-connection.js';
export { VolumeProvisioner } from './volume-provisioner.js';
export { VolumeDeleter } from './volume-deleter.js';
export { CapacityPublisher } from './capacity-publisher.js';
export { VolumeAttacher } from './volume-attacher.js';
export { AttachedVolumeProtection } from './attached-volume-protection.js';
export { VolumeResizer } from './volume-resizer.js';
export { VolumeModifier } from './volume-modifier.js';
export { CloneProtection } from './clone-protection.js';
export { VolumeHealthMonitor } from './volume-health-monitor.js';
export { SnapshotController } from './snapshots/snapshot-controller.js';
export { SnapshotContentController } from './snapshots/snapshot-content-controller.js';
export { ClaimSourceProtection } from './snapshots/claim-source-protection.js';
export { GroupSnapshotController } from './snapshots/group-snapshot-controller.js';
export { GroupSnapshotContentController } from './snapshots/group-snapshot-content-controller.js';
export { GroupSourceProtection } from './snapshots/group-source-protection.js';
export { GroupSnapshotDefinitions, SnapshotDefinitions } from './snapshots/snapshot-definitions.js';

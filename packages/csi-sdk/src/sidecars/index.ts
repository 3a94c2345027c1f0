/**
 * The sidecars of a CSI driver as controllers in one process: provisioner, capacity, attacher, resizer and snapshotter.
 *
 * @packageDocumentation
 */
export { csiSidecars } from './csi-sidecars.js';
export type { CsiSidecar, CsiSidecarsOptions } from './csi-sidecars.js';
export { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from './snapshots/kinds.js';

// One by one
export { DriverConnection, DriverEndpoint } from './driver-connection.js';
export type { DriverInfo } from './driver-connection.js';
export { VolumeProvisioner } from './volume-provisioner.js';
export { VolumeDeleter } from './volume-deleter.js';
export { CapacityPublisher } from './capacity-publisher.js';
export { VolumeAttacher } from './volume-attacher.js';
export { VolumeResizer } from './volume-resizer.js';
export { SnapshotController } from './snapshots/snapshot-controller.js';
export { SnapshotContentController } from './snapshots/snapshot-content-controller.js';
export { SnapshotDefinitions } from './snapshots/snapshot-definitions.js';

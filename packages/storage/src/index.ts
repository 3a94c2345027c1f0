/**
 * The reference CSI driver: volumes, snapshots, clones and groups in a directory of its node.
 *
 * @packageDocumentation
 */
export { HostPathDriver } from './driver/host-path-driver.js';
export { HostPathOptions } from './options.js';
export { storageErrors } from './errors.js';
export type { LoopDevices } from './data/loop-devices.js';
export type { FaultPoint, FaultPoints } from './state/fault-points.js';

/**
 * For tests of the driver and of what uses it.
 *
 * @packageDocumentation
 */
export { startHostPathDriver } from './start-host-path-driver.js';
export type { StartedHostPathDriver } from './start-host-path-driver.js';
export { faultPoints, noFaults } from '../state/fault-points.js';
export type { FaultPoint, FaultPoints } from '../state/fault-points.js';
export { kindsPassing, volumeLife } from './volume-life.js';
export type { LifeOptions, VolumeKind } from './volume-life.js';

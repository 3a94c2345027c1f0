/**
 * Test doubles for CSI: a driver and mounts in memory, and the contract suite for drivers.
 *
 * @packageDocumentation
 */
export { MemoryDriver } from './memory-driver.js';
export { MemoryController } from './memory-controller.js';
export type { MemoryVolume } from './memory-controller.js';
export { MemoryNode } from './memory-node.js';
export { MemoryMounter } from './memory-mounter.js';
export { FakeCommands } from './fake-commands.js';
export type { CommandAnswer } from './fake-commands.js';
export { startDriver } from './start-driver.js';
export type { StartedDriver } from './start-driver.js';
export { describeCsiDriverContract } from './driver-contract.js';
export type { DriverUnderTest } from './driver-contract.js';
export type { TestRunner } from '@kubewright/core/testing';

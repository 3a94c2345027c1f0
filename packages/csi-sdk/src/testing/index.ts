/**
 * Test doubles for CSI: a driver and mounts in memory, and the contract suite for drivers.
 *
 * @packageDocumentation
 */
export { FakeDriver } from './fake-driver.js';
export { FakeController } from './fake-controller.js';
export type { FakeVolume } from './fake-controller.js';
export { FakeNode } from './fake-node.js';
export { FakeMounter } from './fake-mounter.js';
export { ScriptedCommands } from './scripted-commands.js';
export type { CommandAnswer } from './scripted-commands.js';
export { startDriver } from './start-driver.js';
export type { StartedDriver } from './start-driver.js';
export { describeCsiDriverContract } from './driver-contract.js';
export type { DriverUnderTest } from './driver-contract.js';
export type { TestRunner } from '@kubewright/core/testing';

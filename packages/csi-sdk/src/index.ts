/**
 * Container Storage Interface: write a driver as one class, call drivers. The messages and services of the interface
 * itself are in `@kubewright/csi-sdk/v1`.
 *
 * @packageDocumentation
 */

// A driver and its services
export { CsiDriver } from './driver/csi-driver.js';
export type { CsiDriverSettings } from './driver/csi-driver.js';
export { IdentityService } from './services/identity-service.js';
export { ControllerService } from './services/controller-service.js';
export { NodeService } from './services/node-service.js';
export { GroupControllerService } from './services/group-controller-service.js';
export { SnapshotMetadataService } from './services/snapshot-metadata-service.js';
export { csiSizes } from './services/reply.js';
export type { Reply } from './services/reply.js';
export type { ControllerFeatures } from './capabilities/controller-capabilities.js';
export type { NodeFeatures } from './capabilities/node-capabilities.js';
export type { DriverFeatures } from './capabilities/plugin-capabilities.js';

export { driverEndpointVariable, registrationEndpointVariable } from './driver/endpoint.js';
export { LivenessProbe, livenessProbe } from './liveness/liveness-probe.js';
export type { LivenessProbeOptions } from './liveness/liveness-probe.js';

// Volumes: csiSizes, access, topology, lists, answers
export { capacityFits, chooseCapacity } from './volumes/capacity.js';
export type { CapacityRules } from './volumes/capacity.js';
export { accessModeOf, accessTypeOf, isReaderOnly, isSingleNode } from './volumes/access.js';
export type { AccessType } from './volumes/access.js';
export { acceptedPlaces, liesIn } from './volumes/topology.js';
export type { Segments } from './volumes/topology.js';
export { pageOf } from './volumes/paging.js';
export type { Page, PageRequest } from './volumes/paging.js';
export { alreadyExists, notFound } from './volumes/status.js';

// Mounts
export { ensureBindMount } from './mount/ensure-bind-mount.js';
export type { BindRequest } from './mount/ensure-bind-mount.js';
export { ensureStaged } from './mount/ensure-staged.js';
export type { StageRequest } from './mount/ensure-staged.js';
export { cleanupTarget, healCorruptMount } from './mount/target.js';
export { detectFileSystem, growFileSystem, makeFileSystem } from './mount/file-system.js';
export { fileSystemUsage } from './mount/usage.js';
export { parseMountFlags } from './mount/mount-options.js';
export { isReadOnlyMount, mountsAt, mountsOfTree, treeAt } from './mount/mount-table.js';
export type { MountedTree } from './mount/mount-table.js';
export type { FileSystemMount, MountRequest, Mounter, PathKind } from './mount/mounter.js';
export { LinuxMounter } from './mount/linux-mounter.js';
export { SystemCommands } from './mount/commands.js';
export type { CommandOptions, CommandResult, Commands } from './mount/commands.js';

// Calling drivers
export { CsiOperationMetrics } from './client/operation-metrics.js';
export { createCsiClient } from './client/csi-client.js';
export type { CsiClient } from './client/csi-client.js';

// Errors
export { csiErrors } from './errors.js';

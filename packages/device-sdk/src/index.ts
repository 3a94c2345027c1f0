/**
 * Device plugins and DRA drivers: write one as a class, or call them as the kubelet does. The messages of the
 * interfaces themselves are in `@kubewright/device-sdk/deviceplugin/v1beta1`, `/dra/v1`, `/dra/v1beta1`,
 * `/dra/health/v1alpha1` and `/podresources/v1`.
 *
 * @packageDocumentation
 */

// Device plugins
export { DevicePlugin } from './device-plugin/device-plugin.js';
export type { DevicePluginSettings } from './device-plugin/device-plugin.js';
export type { Allocation, DeviceAllocator, PreferenceRequest } from './device-plugin/allocation.js';
export type { Device } from './device-plugin/device.js';

// Dynamic resource allocation
export { DraDriver } from './dra/dra-driver.js';
export type { DraDriverSettings } from './dra/dra-driver.js';
export type { ClaimPreparer, ClaimReference, PreparedDevice } from './dra/claims.js';
export type { DeviceHealth } from './dra/dra-health-service.js';
export { removeCdiSpec, writeCdiSpec } from './cdi/cdi-spec.js';
export type { CdiFileOptions, CdiSpec, ContainerEdits } from './cdi/cdi-spec.js';

// The kubelet's side
export { DeviceManager } from './kubelet/device-manager.js';
export type { DeviceInventory, DeviceManagerOptions } from './kubelet/device-manager.js';
export { DeviceEndpoint } from './kubelet/device-endpoint.js';
export type { DeviceEndpointOptions } from './kubelet/device-endpoint.js';
export { PluginWatcher } from './kubelet/plugin-watcher.js';
export type { FoundPlugin, PluginHandler, PluginWatcherOptions } from './kubelet/plugin-watcher.js';

// Errors
export { deviceErrors } from './errors.js';

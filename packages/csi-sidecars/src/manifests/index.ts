/**
 * The objects that run a CSI driver on a cluster, made from the driver's class.
 *
 * @packageDocumentation
 */
export { csiManifests } from './csi-manifests.js';
export type { CsiManifestsOptions, CsiProgram } from './options.js';
export { sidecarsFor } from './sidecars-for.js';
export { toYaml } from './to-yaml.js';

/**
 * For tests of runtimes and of what pulls images: a registry that can treat its clients badly, and images for it.
 *
 * @packageDocumentation
 */
export { applyLayer } from '../layers/apply-layer.js';
export type { AppliedLayer, ApplyLayerOptions } from '../layers/apply-layer.js';
export type { LayerLimits } from '../layers/layer-limits.js';
export { openImageParts } from './image-parts.js';
export { FakeRegistry } from './fake-registry.js';
export type { RegistryBehaviour } from './fake-registry.js';
export { shellLayer } from './shell-image.js';
export { paxOf, rawTar } from './raw-tar.js';
export type { RawMember } from './raw-tar.js';
export { tarOf } from './tar.js';
export type { TarEntry } from './tar.js';
export { describePodNetworkContract } from './pod-network-contract.js';
export type { PodNetworkSubject } from './pod-network-contract.js';
export { PretendedRuntime } from './pretended-runtime.js';
export type { PretendedState } from './pretended-runtime.js';

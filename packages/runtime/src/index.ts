/**
 * The reference container runtime: images, pod sandboxes and containers over an OCI runtime, served as CRI v1.
 *
 * @packageDocumentation
 */

// Running it
export { ContainerRuntime } from './runtime.js';
export type { ContainerRuntimeOptions } from './assembly/options.js';
export { defaultOciRuntime, defaultSnapshotter } from './assembly/default-parts.js';

export { RuntimeDaemon } from './plugins/runtime-daemon.js';
export { runtimePlugins } from './plugins/runtime-plugins.js';
export type { RuntimePluginsOptions } from './plugins/runtime-plugins.js';
export { RuntimeSettings } from './plugins/runtime-settings.js';

// Images without the runtime
export { ImagePuller } from './images/image-puller.js';
export type { ImageNames, ImagePullerOptions, PullOptions, PullProgress } from './images/image-puller.js';
export { ImageArchives } from './archives/image-archives.js';
export type { ImageArchivesOptions } from './archives/image-archives.js';
export { ImageStore } from './images/image-store.js';
export type { ImageStoreOptions } from './images/image-store.js';
export type { ImageRecord } from './images/image-record.js';
export type { ImageProcess } from './image-spec/manifest.js';
export type { Platform } from './image-spec/manifest.js';
export { ContentStore, ContentWriter } from './content/content-store.js';
export type { Expected } from './content/content-store.js';
export { RegistryClient } from './registry/registry-client.js';
export type { RegistryAnswer, RegistryClientOptions } from './registry/registry-client.js';
export type { RegistryCredentials } from './registry/credentials.js';
export type { MirrorTable } from './registry/endpoints.js';
export { parseReference, referenceText, repositoryName } from './registry/reference.js';
export type { ImageReference } from './registry/reference.js';
export { applyLayer } from './layers/apply-layer.js';
export type { AppliedLayer, ApplyLayerOptions } from './layers/apply-layer.js';
export type { LayerLimits } from './layers/layer-limits.js';
export { OverlaySnapshotter } from './layers/overlay-snapshotter.js';
export type { OverlaySnapshotterOptions } from './layers/overlay-snapshotter.js';

// For plugin authors
export { Snapshotter } from './layers/snapshotter.js';
export type { RootFilesystem } from './layers/snapshotter.js';
export { CliOciRuntime, OciRuntime } from './oci/oci-runtime.js';
export type { CliOciRuntimeOptions } from './oci/oci-runtime.js';
export type { OciResources } from './oci/spec.js';
export { PodNetwork } from './network/pod-network.js';
export type { PodAttachment } from './network/pod-network.js';
export { CniNetwork } from './network/cni-network.js';
export type { CniNetworkOptions } from './network/cni-network.js';
export { LoopbackNetwork } from './network/loopback-network.js';
export { HostPrograms } from './programs/host-programs.js';
export type { HostProgramsOptions } from './programs/host-programs.js';
export type { RecordStep } from './state/record-store.js';
export { SystemPrograms } from './programs/program-runner.js';
export type { ProgramOutput, ProgramRunner, RunOptions } from './programs/program-runner.js';

export { runtimeErrors } from './errors.js';

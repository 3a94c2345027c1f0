/**
 * A Kubernetes client, shared informers and a work queue, usable without the rest of Kubewright.
 *
 * @packageDocumentation
 */

// Connecting
export { kubeconfig } from './kubeconfig/kubeconfig.js';
export type { KubeconfigOptions } from './kubeconfig/kubeconfig.js';
export { inCluster } from './kubeconfig/in-cluster.js';
export type { InClusterOptions } from './kubeconfig/in-cluster.js';
export type { ClusterConnection, OpenConnection } from './kubeconfig/cluster-connection.js';

// The client
export { Client } from './client/client.js';
export type { ClientOptions } from './client/client.js';
export type {
  ApplyObject,
  DeleteOptions,
  GetOptions,
  JsonPatchOperation,
  ListOptions,
  NewObject,
  Patch,
  PatchOptions,
  RequestOptions,
  SelectionOptions,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './client/options.js';
export type { SubresourceClient, SubresourceType } from './client/subresource-client.js';
export type { LogOptions, PodOperations } from './client/pod-operations.js';
export type { DiscoveredKind, Discovery, ServerVersion } from './client/discovery.js';
export { collectionPath } from './client/resource-path.js';

// Informers
export { InformerFactory } from './shared-informer/informer-factory.js';
export type { InformerFactoryOptions, InformerHealth } from './shared-informer/informer-factory.js';
export type { PrepareOptions } from './store/prepare-object.js';
export type { HandlerRegistration, InformerScope, SharedInformer } from './shared-informer/shared-informer.js';
export type { HandlerOptions, InformerEvent, InformerHandler } from './shared-informer/informer-event.js';
export type { ReflectorStatus } from './reflector/reflector-status.js';
export type { Lister, LocalSelection } from './store/lister.js';
export type { IndexFunction } from './store/index-set.js';
export { namespaceIndex } from './store/store.js';

// The work queue
export { WorkQueue } from './work-queue/work-queue.js';
export type { WorkQueueOptions } from './work-queue/work-queue.js';
export { lowPriority } from './work-queue/work-item.js';
export type { AddOptions, Cause, WorkItem } from './work-queue/work-item.js';

// For authors of transports and connections
export type { ApiRequest, ApiResponse, Transport } from './transport/transport.js';
export { HttpTransport } from './transport/http-transport.js';
export type { HttpTransportOptions } from './transport/http-transport.js';
export type { Credential, Credentials } from './transport/credentials.js';
export { StaticCredentials } from './transport/credentials.js';
export { informerErrors } from './errors/informer-errors.js';

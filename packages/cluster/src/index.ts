/**
 * A Kubernetes cluster inside one Node process.
 *
 * @packageDocumentation
 */

// Clusters
export { EmbeddedCluster } from './embedded/embedded-cluster.js';
export type { EmbeddedClusterOptions } from './embedded/embedded-cluster.js';
export { embeddedConnection } from './embedded/embedded-connection.js';
export type { EmbeddedConnectionOptions } from './embedded/embedded-connection.js';

// For plugin authors
export { ServerAccess } from './server/server-access.js';
export { clusterErrors } from './errors/cluster-errors.js';

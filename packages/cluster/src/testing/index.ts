/**
 * Clusters for tests.
 *
 * @packageDocumentation
 */
export { TestCluster } from './test-cluster.js';
export type { EventuallyOptions, TestClusterOptions } from './test-cluster.js';

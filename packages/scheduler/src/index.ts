/**
 * Assigns Pods to nodes.
 *
 * @packageDocumentation
 */

// The plugin
export { Binder } from './binder/binder.js';
export { SchedulerConnection } from './connection/scheduler-connection.js';

// The choice alone, pure
export { chooseNode, isUnassigned } from './binder/choose-node.js';
export type { Candidate, Choice } from './binder/choose-node.js';

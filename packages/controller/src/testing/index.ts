/**
 * For tests of controllers: an API server that does as a script says, and a controller on it under a fake clock. Nothing here
 * imports a test runner.
 *
 * @packageDocumentation
 */
export { ScriptedCluster } from './scripted-cluster.js';
export type { Interruption, ScriptedBody, ScriptedRequest } from './scripted-cluster.js';
export { reconcilerOf, startController } from './scripted-controller.js';
export type { LogLine, Reconcile } from './scripted-controller.js';

/**
 * For tests of networks: a machine of a test's own.
 *
 * @packageDocumentation
 */
export { TestMachine } from './test-machine.js';
export type { PluginCallOptions } from './test-machine.js';

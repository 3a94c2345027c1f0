/**
 * Plugins to try the checks on: a right one, and the same with one defect each.
 *
 * @packageDocumentation
 */
export { defects } from './defects.js';
export type { Defect } from './defect.js';
export { ChainedPlugin } from './chained-plugin.js';
export { ReferencePlugin } from './reference-plugin.js';
export { TestPluginHost } from './test-plugin-host.js';

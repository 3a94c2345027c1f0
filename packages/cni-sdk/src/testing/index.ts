/**
 * For tests of plugins and of what calls them.
 *
 * @packageDocumentation
 */
export { describeCniPluginContract } from './plugin-contract.js';
export type { PluginUnderTest, TestRunner } from './plugin-contract.js';
export { RecordingPlugin } from './recording-plugin.js';

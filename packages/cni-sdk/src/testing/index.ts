/**
 * For tests of plugins and of what calls them.
 *
 * @packageDocumentation
 */
export { describeCniPluginContract } from './plugin-contract.js';
export type { PluginUnderTest } from './plugin-contract.js';
export { RecordingPlugin } from './recording-plugin.js';
// The daemon's side of a shim's socket, for stand-ins that answer wrongly on purpose
export { decodeRequest, encodeReply } from '../daemon/frame.js';
export type { RequestFrame } from '../daemon/frame.js';
export type { TestRunner } from '@kubewright/core/testing';

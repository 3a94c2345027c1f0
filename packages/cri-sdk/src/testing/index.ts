/**
 * For tests of what drives a container runtime, and of runtimes: a runtime in memory, and the contract of all runtimes.
 *
 * @packageDocumentation
 */
export { FakeImages } from './fake-images.js';
export type { FakeProgram, FakeProgramOutput } from './fake-programs.js';
export { FakeRuntime } from './fake-runtime.js';
export type { FakeRuntimeOptions } from './fake-runtime.js';
export { describeRuntimeContract } from './runtime-contract.js';
export type { RuntimeSubject } from './contract/runtime-subject.js';
export { SpdyClient } from './spdy-client.js';
export type { ClientStream } from './spdy-client.js';
export type { TestRunner } from '@kubewright/core/testing';

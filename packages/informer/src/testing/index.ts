/**
 * Servers to script and suites to hold implementations to. Nothing here imports a test runner.
 *
 * @packageDocumentation
 */
export { FakeTransport } from './fake-transport.js';
export type { FakeHandler, FakeResponse } from './fake-transport.js';
export { ScriptedApiServer } from './scripted-api-server.js';
export type { Fault, RequestType } from './scripted-api-server.js';
export { WatchStream } from './watch-stream.js';
export { describeReflectorContract } from './reflector-contract.js';
export type { ObservedInformer, ObservedInformerOptions } from './observed-informer.js';
export { describeWorkQueueContract } from './work-queue-contract.js';
export type { TestRunner } from '@kubewright/core/testing';

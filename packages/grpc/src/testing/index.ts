/**
 * For tests of plugins: a server on a socket of its own, and the contract that every plugin server keeps.
 *
 * @packageDocumentation
 */
export { startTestServer } from './test-server.js';
export type { TestServer, TestServerOptions } from './test-server.js';
export { describeGrpcServerContract } from './grpc-server-contract.js';
export type { ContractServer, ContractSubject } from './grpc-server-contract.js';
export type { TestRunner } from '@kubewright/core/testing';

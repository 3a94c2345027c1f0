/**
 * A server for tests, and contract suites for what extends the server.
 *
 * @packageDocumentation
 */
export { startTestApiServer } from './start-test-api-server.js';
export type { TestApiServer, TestApiServerOptions } from './start-test-api-server.js';
export { describeStorageContract } from './storage-contract.js';
export type { ContractRunner } from './storage-contract.js';
export {
  contractRequest,
  describeAdmissionPluginContract,
  describeAuthenticatorContract,
  describeAuthorizerContract,
  describeRequestHandlerContract,
  describeUpgradeHandlerContract,
} from './extension-contracts.js';
export type { AuthenticatorSamples } from './extension-contracts.js';

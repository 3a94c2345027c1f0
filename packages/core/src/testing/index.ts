/**
 * Test doubles for the core's services, and tests that other packages run for themselves.
 *
 * @packageDocumentation
 */
export { FakeClock } from './fake-clock.js';
export { SeededRandom } from './seeded-random.js';
export { describeErrorCodes } from './describe-error-codes.js';
export { describeHealthCheckContract } from './health-check-contract.js';
export { describeCliCommandContract } from './cli-command-contract.js';
export { RecordingIo, commandContext, readWords } from './recording-io.js';
export type { TestRunner } from './test-runner.js';

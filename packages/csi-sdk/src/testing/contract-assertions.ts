import assert from 'node:assert/strict';
import { Code, GrpcStatusError } from '@kubewright/grpc';

/** The status that a call ends with. */
export async function codeOf(call: Promise<unknown>): Promise<Code> {
  try {
    await call;
    return Code.OK;
  } catch (error) {
    return GrpcStatusError.from(error).status;
  }
}

/** Asserts that a call ends with one of these codes, and without details: CSI forbids them. */
export async function endsWith(call: Promise<unknown>, ...codes: readonly Code[]): Promise<void> {
  try {
    await call;
  } catch (error) {
    const status = GrpcStatusError.from(error);
    assert.ok(codes.includes(status.status), status.message);
    assert.equal(status.statusDetails.length, 0);
    return;
  }
  assert.fail(`the call succeeded and should have ended with ${codes.join(' or ')}`);
}

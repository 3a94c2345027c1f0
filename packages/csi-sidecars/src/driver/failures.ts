import { Code, GrpcStatusError, codeName } from '@kubewright/grpc';

/** With these nobody knows whether the driver did it, or still does. */
const open = new Set<Code>([
  Code.CANCELLED,
  Code.UNKNOWN,
  Code.DEADLINE_EXCEEDED,
  Code.ABORTED,
  Code.INTERNAL,
  Code.UNAVAILABLE,
]);

/** Whether a call failed for certain: it made nothing, and nothing is to be cleaned up. */
export function isFinal(error: unknown): boolean {
  return GrpcStatusError.is(error) && !open.has(error.status);
}

/** A status as a reason of conditions, in the spelling that other resizers use: `InvalidArgument`. */
export function reasonOf(status: Code): string {
  const words = codeName(status).split('_');
  return words.map((word) => word.charAt(0) + word.slice(1).toLowerCase()).join('');
}

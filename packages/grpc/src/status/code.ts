/**
 * The status of a call: the codes of gRPC, the one error class that carries them, and how errors of other kinds become
 * one. Neighbours: `call` applies it on the server, `client` on the other side.
 */
import { keysOf } from '@kubewright/core';

/** The status codes of the gRPC specification. */
export const Code = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type CodeName = keyof typeof Code;
export type Code = (typeof Code)[CodeName];

const names = new Map<number, CodeName>(keysOf(Code).map((name) => [Code[name], name]));

/** The name of a code, as `NOT_FOUND`. A number that is no code counts as UNKNOWN, as the specification asks. */
export function codeName(code: number): CodeName {
  return names.get(code) ?? 'UNKNOWN';
}

/** The code as the metrics of the Go ecosystem label it, as `NotFound`; dashboards made for those work with ours. */
export function metricCode(code: number): string {
  if (code === Code.OK) return 'OK';
  if (code === Code.CANCELLED) return 'Canceled';
  return codeName(code)
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');
}

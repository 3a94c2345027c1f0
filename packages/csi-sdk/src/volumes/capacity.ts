/** Sizes in bytes, as bigint: a volume may be larger than a double counts exactly. */
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { CapacityRange } from '../generated/csi/v1/csi_pb.js';

type Range = Pick<CapacityRange, 'requiredBytes' | 'limitBytes'>;

export interface CapacityRules {
  /** For a request that names no size. */
  readonly default: bigint;
  /** Default: 0. */
  readonly minimum?: bigint;
  readonly maximum?: bigint;
  /** Sizes are multiples of this. Default: 1. */
  readonly step?: bigint;
}

/**
 * The size for a request: what it requires, rounded up to a step; the default, cut to its limit, where it requires
 * nothing.
 * @throws GrpcStatusError OUT_OF_RANGE where no allowed size lies in the range
 */
export function chooseCapacity(range: Range | undefined, rules: CapacityRules): bigint {
  const { requiredBytes: required, limitBytes: limit } = range ?? { requiredBytes: 0n, limitBytes: 0n };
  const { minimum = 0n, maximum, step = 1n } = rules;
  const wished = required === 0n ? rules.default : required;
  let size = roundUp(wished < minimum ? minimum : wished, step);
  if (limit !== 0n && size > limit && required === 0n) size = (limit / step) * step;
  if (size < required || size < minimum) throw outOfRange(size, range, rules);
  if (limit !== 0n && size > limit) throw outOfRange(size, range, rules);
  if (maximum !== undefined && size > maximum) throw outOfRange(size, range, rules);
  return size;
}

/** Whether a volume of this size is what the range asks for. */
export function capacityFits(range: Range | undefined, bytes: bigint): boolean {
  if (range === undefined) return true;
  return bytes >= range.requiredBytes && (range.limitBytes === 0n || bytes <= range.limitBytes);
}

function roundUp(bytes: bigint, step: bigint): bigint {
  return ((bytes + step - 1n) / step) * step;
}

function outOfRange(size: bigint, range: Range | undefined, { minimum = 0n, maximum }: CapacityRules): GrpcStatusError {
  const asked = `required ${range?.requiredBytes ?? 0n}, limit ${range?.limitBytes ?? 0n}`;
  const allowed = `from ${minimum} to ${maximum === undefined ? 'any size' : `${maximum} bytes`}`;
  return new GrpcStatusError(
    Code.OUT_OF_RANGE,
    `no size fits (${asked}): volumes are ${allowed}, and ${size} came out`,
  );
}

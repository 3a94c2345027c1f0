import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Timestamp } from '@bufbuild/protobuf/wkt';

/** The last moment that a date has, in milliseconds. */
const latest = 8.64e15;

/** When a snapshot was taken, in nanoseconds, and how large a volume from it has to be, in bytes. */
export interface TakenStatus {
  readonly creationTime?: number;
  readonly restoreSize?: number;
}

/**
 * What a driver says of a snapshot, as its content's status has it. A moment that is none is left out. A size that JSON's numbers
 * do not have becomes the next one above, as a volume that is smaller by a byte does not hold the data.
 */
export function takenStatus(moment: Timestamp | undefined, bytes: bigint): TakenStatus {
  const milliseconds = moment === undefined ? -1 : timestampMs(moment);
  const isMoment = milliseconds >= 0 && milliseconds <= latest;
  return {
    ...(isMoment && { creationTime: milliseconds * 1e6 }),
    ...(bytes > 0n && { restoreSize: roundedUp(bytes) }),
  };
}

function roundedUp(bytes: bigint): number {
  let size = Number(bytes);
  for (let step = 1; BigInt(size) < bytes; step *= 2) size = Number(bytes) + step;
  return size;
}

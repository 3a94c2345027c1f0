/**
 * What the driver knows, as one small file per volume, snapshot and group. A record is written before anything it
 * speaks of is done (its phase says what is under way) and again when that is done, so that a start after a crash can
 * finish or undo it.
 */

/**
 * The moments at which a driver may be killed with something half done: after each intent, each effect and each commit.
 * A test stops at each in turn and looks whether a new start converges.
 */
export const faultPoints = [
  'create-volume:intent',
  'create-volume:data',
  'create-volume:commit',
  'delete-volume:intent',
  'delete-volume:data',
  'delete-volume:commit',
  'expand-volume:data',
  'expand-volume:commit',
  'modify-volume:data',
  'modify-volume:commit',
  'create-snapshot:intent',
  'create-snapshot:data',
  'create-snapshot:commit',
  'delete-snapshot:intent',
  'delete-snapshot:data',
  'delete-snapshot:commit',
  'create-group:intent',
  'create-group:member',
  'create-group:commit',
  'delete-group:intent',
  'delete-group:member',
  'delete-group:commit',
  'attach:commit',
  'detach:commit',
  'stage:device',
  'stage:mount',
  'unstage:unmount',
  'unstage:device',
  'publish:mount',
  'unpublish:unmount',
] as const;

export type FaultPoint = (typeof faultPoints)[number];

/** Told of every point as it is passed; what it throws ends the operation there, as a kill would. */
export interface FaultPoints {
  reach(point: FaultPoint): void;
}

export const noFaults: FaultPoints = { reach() {} };

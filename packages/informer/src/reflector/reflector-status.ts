/** What a reflector is doing, for health checks and humans. */
export interface ReflectorStatus {
  /**
   * - `idle`: not started;
   * - `listing`: reads the whole collection with LIST;
   * - `syncing`: reads it as a watch-list;
   * - `live`: the picture is complete and follows the server;
   * - `backing-off`: waits after a failure (`lastError`), with the picture as it was;
   * - `stopped`: its signal aborted.
   */
  readonly phase: 'idle' | 'listing' | 'syncing' | 'live' | 'backing-off' | 'stopped';
  /** Whether the collection was complete once. */
  readonly hasSynced: boolean;
  /** How many attempts in a row failed. */
  readonly failures: number;
  /** The newest failure; stays after the recovery. */
  readonly lastError?: unknown;
}

export const idleStatus: ReflectorStatus = { phase: 'idle', hasSynced: false, failures: 0 };

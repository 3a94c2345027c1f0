/** What a plugin may do when its host starts and stops. Both hooks are optional; a plugin without them is only built. */

export interface StartContext {
  /**
   * Aborts when this plugin has to end: right before `stop` is called, or when the start is given up. What the plugin runs in
   * the background should end with it.
   */
  readonly signal: AbortSignal;
  /** Tells the host that the plugin cannot go on. The host stops in order, and its `closed` promise rejects with this error. */
  fail(error: unknown): void;
}

export interface StopContext {
  /** Aborts when the grace period is over; what still runs then is no longer waited for. */
  readonly signal: AbortSignal;
}

export interface Lifecycle {
  /**
   * Called once, after everything the plugin depends on has started. The plugin is ready when the promise resolves. If it
   * rejects, the host stops what had started and `Host.start` rejects; `stop` is not called on this plugin, so it has to
   * leave nothing behind itself.
   */
  start?(context: StartContext): Promise<void>;
  /** Called once, if `start` had resolved, after everything that depends on the plugin has stopped. */
  stop?(context: StopContext): Promise<void>;
}

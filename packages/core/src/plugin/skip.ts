import type { Token } from '../di/token.js';

/** That a plugin cannot run here, and why. Made by `skip`. */
export interface Skip {
  readonly skipped: string;
}

/** What a plugin's check may look at: the machine, and what there is before anything of its host is built. */
export interface CheckContext {
  /**
   * A value that a plugin of the host provides, or anything of the host above.
   *
   * @throws CHECK_TOO_EARLY for what the host has yet to build.
   */
  get<T>(token: Token<T>): T;
}

/**
 * The answer of a `check` where the plugin cannot run: it is not built, does not contribute, and is shown with this reason.
 * What cannot do without it is skipped as well.
 *
 * @param reason - what is missing, for people: `the machine has no nftables`.
 */
export function skip(reason: string): Skip {
  return { skipped: reason };
}

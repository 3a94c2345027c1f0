/** When a node starts a container again that has ended. */

/** The first wait before a restart, and the longest, in milliseconds: the kubelet's. */
const firstDelay = 10_000;
const longestDelay = 300_000;

/** @param restartPolicy - the Pod's: `Always`, `OnFailure` or `Never` */
export function isRestarted(exitCode: number, restartPolicy: string | undefined): boolean {
  return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
}

/**
 * Milliseconds from a container's end to its next start: the first restart is immediate, the next waits 10 s, then twice as
 * long each time, up to 5 minutes.
 *
 * @param restarts - how many there were
 */
export function restartDelay(restarts: number): number {
  return restarts === 0 ? 0 : Math.min(firstDelay * 2 ** (restarts - 1), longestDelay);
}

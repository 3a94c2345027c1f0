import type { Container } from './container-record.js';
import { wouldBeDropped } from './dropped-signal.js';

/** How often it is looked whether a process can be asked to end, in milliseconds. */
const lookAgain = 100;

/**
 * Sends the stop signal, and again where it was dropped because the process had only just begun.
 *
 * @param ended - resolves to true as soon as the container has ended, to false after so many milliseconds.
 * @returns whether it ended within `timeout` milliseconds.
 */
export async function requestStop(
  { pid, stopSignal }: Container,
  timeout: number,
  send: () => Promise<void>,
  ended: (timeout: number) => Promise<boolean>,
): Promise<boolean> {
  let left = timeout;
  let dropped = await wouldBeDropped(pid, stopSignal);
  await send();
  for (; dropped && left > lookAgain; left -= lookAgain) {
    if (await ended(lookAgain)) return true;
    dropped = await wouldBeDropped(pid, stopSignal);
    if (!dropped) await send();
  }
  return ended(left);
}

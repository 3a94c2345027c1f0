import type { Clock } from '@kubewright/core';
import type { TerminalSize } from '@kubewright/cri-sdk';

/**
 * How long a command waits for the size of its client's terminal, in milliseconds. kubectl and crictl tell it at once, one way
 * over the network after the session is open; clients that never do wait this long once.
 */
const patience = 200;

/** What terminals have been since there were any. Programs take 0 by 0, the kernel's default, for none at all, or for an error. */
export const usualSize: TerminalSize = { width: 80, height: 24 };

/**
 * Follows the sizes of a client's terminal, so that a command starts with the first one instead of learning it later: it may
 * ask for the size only once. runc sets it before it starts the command. crun does not wait for itself: its child starts the
 * command while it sets the size of the child's terminal, so that on a busy machine a first look may still find none.
 *
 * @param onSize - is called with each size, the first one included.
 * @returns when the first size was passed on, or there is none to wait for any longer. Rejects with the signal's reason.
 */
export async function awaitFirstSize(
  sizes: AsyncIterable<TerminalSize>,
  onSize: (size: TerminalSize) => void,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const waiting = new AbortController();
  const follow = async (): Promise<void> => {
    for await (const size of sizes) {
      onSize(size);
      waiting.abort();
    }
  };
  const noMore = (): void => waiting.abort();
  follow().then(noMore, noMore);
  await clock.sleep(patience, AbortSignal.any([signal, waiting.signal])).catch(() => undefined);
  signal.throwIfAborted();
}

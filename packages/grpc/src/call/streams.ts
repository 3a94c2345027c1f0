import type { Readable, Writable } from 'node:stream';
import type { Message } from '@bufbuild/protobuf';
import { abortReason } from '@kubewright/core/async';

/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts; `work` is then left to end alone. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortReason(signal));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** The client's messages. Leaving early keeps the call open, and a call that went away ends with the signal's reason. */
export async function* incoming(call: Readable, signal: AbortSignal): AsyncIterable<Message> {
  try {
    const messages: AsyncIterable<Message> = call.iterator({ destroyOnReturn: false });
    yield* messages;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/**
 * Writes what the handler yields, no faster than the client reads. When the signal aborts, the handler's iterator is told
 * to return, and writing ends when it has.
 */
export async function writeAll(
  call: Writable,
  items: AsyncIterable<unknown>,
  encode: (item: unknown) => Message,
  signal: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      signal.throwIfAborted();
      if (!call.write(encode(next.value))) await drained(call, signal);
    }
  } catch (error) {
    await iterator.return?.();
    throw error;
  }
}

function drained(call: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      call.off('drain', settle);
      signal.removeEventListener('abort', settle);
      if (signal.aborted) reject(abortReason(signal));
      else resolve();
    };
    call.once('drain', settle);
    signal.addEventListener('abort', settle, { once: true });
  });
}

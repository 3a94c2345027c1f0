import type { Message } from '@bufbuild/protobuf';
import type { ClientReadableStream, ClientWritableStream } from '@grpc/grpc-js';
import type { CallWatch } from './call-watch.js';

type Call = ClientReadableStream<Message> & { readonly sending?: Promise<void> };

/** The responses of a streaming call. The call starts with the first read; leaving the loop cancels it. */
export async function* readResponses(watch: CallWatch, open: () => Call): AsyncGenerator<Message> {
  watch.refuseEnded();
  const call = open();
  let failure: unknown;
  call.on('error', (error) => void (failure ??= error)); // also when nobody reads any more
  call.sending?.catch((error: unknown) => {
    failure ??= error;
    call.cancel();
  });
  watch.begin(() => call.cancel());
  try {
    const messages: AsyncIterable<Message> = call;
    yield* messages;
  } catch (error) {
    throw watch.explain(failure ?? error);
  } finally {
    watch.end();
    call.cancel();
  }
}

/**
 * Sends what the caller yields, no faster than the server reads. Ends quietly when the call ends first; rejects when the
 * caller's iterable throws, and leaves it to the caller to cancel the call.
 */
export async function sendRequests<Init>(
  call: ClientWritableStream<Message>,
  requests: AsyncIterable<Init>,
  encode: (init: Init) => Message,
): Promise<void> {
  const over = new AbortController();
  call.once('status', () => over.abort());
  call.once('error', () => over.abort());
  for await (const request of requests) {
    if (over.signal.aborted) return;
    if (!call.write(encode(request))) await writable(call, over.signal);
  }
  call.end();
}

function writable(call: ClientWritableStream<Message>, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      call.off('drain', settle);
      over.removeEventListener('abort', settle);
      resolve();
    };
    call.once('drain', settle);
    over.addEventListener('abort', settle, { once: true });
  });
}

/** Writes an answer to a client, compressed where he asks for it, and no longer than he goes on reading. */
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createGzip, gzip } from 'node:zlib';
import { asError } from '@kubewright/core';
import type { Clock } from '@kubewright/core';
import type { Incoming, Outgoing } from '@kubewright/http';
import type { ServerResponse } from '../server-request.js';

/** Longer answers are compressed for clients that ask for it, quickly rather than well. */
const compressFrom = 128 * 1024;
const compression = { level: constants.Z_BEST_SPEED };
const compress = promisify(gzip);
/** A client that takes nothing for so long is cut off, in milliseconds: what it does not take fills the server's memory. */
const patience = 60_000;
/** Bytes are handed to the connection in pieces of this size, so that it is seen whether they are taken. */
const pieceBytes = 256 * 1024;

/** Compresses long answers where the client asks for it. Watches are sent as they come. */
export async function encoded(incoming: Incoming, answer: ServerResponse): Promise<ServerResponse> {
  const accepts = /\bgzip\b/.test(incoming.headers['accept-encoding'] ?? '');
  if (!accepts || answer.longRunning === true) return answer;
  const { body } = answer;
  const headers: Record<string, string> = { ...answer.headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' };
  if (body instanceof Uint8Array) {
    if (body.length < compressFrom) return answer;
    const compressed = await compress(body, compression);
    return { ...answer, headers: { ...headers, 'content-length': String(compressed.length) }, body: compressed };
  }
  return { ...answer, headers, body: compressStream(body) };
}

async function* compressStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGzip(compression);
  const feed = (async () => {
    for await (const chunk of body) {
      // Whoever stops reading destroys the stream, which then never drains.
      if (!stream.write(chunk) && !stream.destroyed) await drained(stream);
      if (stream.destroyed) return;
    }
    stream.end();
  })();
  feed.catch((error: unknown) => stream.destroy(asError(error)));
  yield* stream as AsyncIterable<Uint8Array>;
  await feed;
}

/** Resolves when the stream takes more, or never will. Leaves no listener behind: a long answer waits often. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}

/**
 * Resolves when the answer was handed to the connection as a whole.
 *
 * @param signal - aborts when the client is gone.
 * @throws Error where the client stopped reading.
 */
export async function send(
  incoming: Incoming,
  response: Outgoing,
  answer: ServerResponse,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { status, headers, body } = answer;
  // What has not been read of a request stands before the next one on its connection; and after a timeout the client is in doubt anyway.
  const last = incoming.httpVersionMajor === 1 && (status === 504 || !incoming.complete);
  response.writeHead(status, { ...headers, ...(last ? { connection: 'close' } : {}) });
  const empty = incoming.method === 'HEAD' || status === 304;
  if (!empty) {
    // A watch without events must still show that it has begun.
    if (!(body instanceof Uint8Array)) response.flushHeaders?.();
    for await (const chunk of body instanceof Uint8Array ? piecesOf(body) : body) {
      if (signal.aborted) return;
      if (!response.write(chunk)) await taken(response, 'drain', clock, signal);
    }
  }
  response.end();
  // The response of HTTP/2 tells that it is finished only when its stream is closed.
  const { stream } = response;
  const sent: Writable = stream ?? response;
  if (!sent.writableFinished) await taken(sent, 'finish', clock, signal);
  // The rest of a body that nobody reads any more would keep the stream open.
  if (stream !== undefined && !stream.readableEnded && !stream.endAfterHeaders) stream.close();
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** Waits until the client has taken what was written. */
async function taken(response: Writable, event: 'drain' | 'finish', clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve, reject) => {
    const end = (settle: () => void): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      response.off(event, done);
      settle();
    };
    const done = (): void => end(resolve);
    const timer = clock.setTimer(patience, () =>
      end(() => reject(new Error(`the client took nothing for ${patience / 1000} s`))),
    );
    response.once(event, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

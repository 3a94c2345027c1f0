/** Bodies of requests, bounded. */
import type { Incoming } from '../endpoint/options.js';
import { httpErrors } from '../errors.js';

export interface ReadBodyOptions {
  /** Bytes that it may have. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Told of each piece as it comes. */
  readonly arrived?: ((bytes: number) => void) | undefined;
}

/**
 * A request's body, whole. A body that is refused can still be answered: the connection stays.
 *
 * @throws KW_HTTP_BODY_TOO_LARGE, before anything is read where the client tells the length; the signal's reason on abort.
 */
export async function readBody(incoming: Incoming, { limit, signal, arrived }: ReadBodyOptions): Promise<Uint8Array> {
  if (Number(incoming.headers['content-length'] ?? 0) > limit) throw httpErrors.BODY_TOO_LARGE({ limit });
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not take the connection along.
  const arriving: AsyncIterable<Buffer> = incoming.iterator({ destroyOnReturn: false });
  for await (const chunk of arriving) {
    signal.throwIfAborted();
    arrived?.(chunk.length);
    size += chunk.length;
    if (size > limit) throw httpErrors.BODY_TOO_LARGE({ limit });
    chunks.push(chunk);
  }
  const [first = Buffer.alloc(0), ...others] = chunks;
  return others.length === 0 ? first : Buffer.concat(chunks, size);
}

import type { ApiRequest, ApiResponse, Transport } from '@kubewright/informer';
import { statusErrors } from '@kubewright/api';
import type { User } from '../auth/authenticator.js';
import type { Pipeline } from '../http/pipeline/pipeline.js';
import type { ServerRequest } from '../http/server-request.js';

const encoder = new TextEncoder();

/** Requests inside the process: the same pipeline as over the network, without sockets and credentials. */
export class InProcessTransport implements Transport {
  readonly #pipeline: Pipeline;
  readonly #user: User;
  readonly #closed: AbortController = new AbortController();
  readonly #stop: AbortSignal;

  /** @param stop - aborts when the server stops. */
  constructor(pipeline: Pipeline, user: User, stop: AbortSignal) {
    this.#pipeline = pipeline;
    this.#user = user;
    this.#stop = AbortSignal.any([stop, this.#closed.signal]);
  }

  async send(request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse> {
    const either = signal === undefined ? this.#stop : AbortSignal.any([signal, this.#stop]);
    either.throwIfAborted();
    const { status, headers, body } = await this.#pipeline.serve(this.#request(request, either));
    return { status, headers, body: body instanceof Uint8Array ? whole(body) : until(body, either) };
  }

  close(): Promise<void> {
    this.#closed.abort(new Error('the transport was closed'));
    return Promise.resolve();
  }

  #request({ method, path, headers = {}, body }: ApiRequest, signal: AbortSignal): ServerRequest {
    const bytes = typeof body === 'string' ? encoder.encode(body) : (body ?? new Uint8Array());
    return {
      method,
      path,
      headers,
      user: this.#user,
      signal,
      body(limit) {
        if (bytes.length > limit) return Promise.reject(statusErrors.tooLarge(`limit is ${limit}`));
        return Promise.resolve(bytes);
      },
    };
  }
}

async function* whole(body: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  if (body.length > 0) yield body;
}

/** A stream that is cut off ends with the reason, so that it does not pass for complete. */
async function* until(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const source = body[Symbol.asyncIterator]();
  // A reader that aborts and walks away never comes back here: the abort ends the source in his stead.
  const end = (): void => void source.return?.().catch(() => undefined);
  signal.addEventListener('abort', end, { once: true });
  try {
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', end);
    await source.return?.();
  }
}

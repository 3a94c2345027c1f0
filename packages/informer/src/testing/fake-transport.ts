import { statusErrors } from '@kubewright/api';
import type { ApiRequest, ApiResponse, Transport } from '../transport/transport.js';

/** What a handler of a `FakeTransport` answers; a body that is not text or bytes is sent as JSON. */
export interface FakeResponse {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: AsyncIterable<Uint8Array> | string | object;
}

export type FakeHandler = (
  request: ApiRequest,
  signal: AbortSignal | undefined,
) => FakeResponse | Promise<FakeResponse>;

/** A transport whose server is a function. It remembers the requests. A handler that throws is a connection that fails. */
export class FakeTransport implements Transport {
  readonly requests: ApiRequest[] = [];
  isClosed = false;
  readonly #handle: FakeHandler;

  /** @param handle - Default: knows no path. */
  constructor(handle: FakeHandler = () => ({ status: 404, body: statusErrors.unknownPath().toStatus() })) {
    this.#handle = handle;
  }

  async send(request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse> {
    signal?.throwIfAborted();
    this.requests.push(request);
    const { status = 200, headers = {}, body = '' } = await this.#handle(request, signal);
    signal?.throwIfAborted();
    return {
      status,
      headers,
      body: isStream(body) ? body : chunk(typeof body === 'string' ? body : JSON.stringify(body)),
    };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

function isStream(body: object | string): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && Symbol.asyncIterator in body;
}

async function* chunk(text: string): AsyncGenerator<Uint8Array, void> {
  if (text !== '') yield Buffer.from(text);
}

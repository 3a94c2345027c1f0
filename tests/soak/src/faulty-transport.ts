/** A transport that fails now and then in the ways networks and servers do. */
import type { Random } from '@kubewright/core';
import type { ApiRequest, ApiResponse, Transport } from '@kubewright/informer';

export interface FaultRates {
  /** Of requests that are answered 429, 500, 503 or 409 without having been tried. */
  readonly refused: number;
  /** Of requests whose connection breaks after the server has done its work: the answer is lost. */
  readonly lost: number;
  /** Of chunks of a watch after which the connection breaks. */
  readonly cut: number;
}

const refusals = [
  { code: 429, reason: 'TooManyRequests', headers: { 'retry-after': '0' } },
  { code: 500, reason: 'InternalError', headers: {} },
  { code: 503, reason: 'ServiceUnavailable', headers: {} },
];

function reset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}

export class FaultyTransport implements Transport {
  /** How many faults of all kinds have happened. */
  faults = 0;
  /** Set to false to let everything through, so that a test can see the system come to rest. */
  isFaulty = true;

  constructor(
    private readonly inner: Transport,
    private readonly random: Random,
    private readonly rates: FaultRates,
  ) {}

  async send(request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse> {
    if (this.#happens(this.rates.refused)) return this.#refusal();
    const response = await this.inner.send(request, signal);
    if (!this.#happens(this.rates.lost)) return { ...response, body: this.#cutting(response.body) };
    for await (const _ of response.body) break;
    throw reset();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  #happens(rate: number): boolean {
    const happens = this.isFaulty && this.random.next() < rate;
    if (happens) this.faults++;
    return happens;
  }

  #refusal(): ApiResponse {
    const { code, reason, headers } = refusals[Math.floor(this.random.next() * refusals.length)] ?? {
      code: 500,
      reason: 'InternalError',
      headers: {},
    };
    const status = { apiVersion: 'v1', kind: 'Status', status: 'Failure', code, reason, message: 'injected' };
    const body = (async function* () {
      await Promise.resolve();
      yield Buffer.from(JSON.stringify(status));
    })();
    return { status: code, headers: { 'content-type': 'application/json', ...headers }, body };
  }

  async *#cutting(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      if (this.#happens(this.rates.cut)) {
        yield chunk.subarray(0, chunk.length >> 1);
        throw reset();
      }
      yield chunk;
    }
  }
}

import type { ApiRequest, ApiResponse, Transport } from '@kubewright/informer';

/** Answers a request itself, or leaves it to the server where it answers undefined. */
export type Fault = (request: ApiRequest, count: number) => ApiResponse | undefined;

/** A transport that notes writes, delays watches, and fails where a test says so. */
export class FaultyTransport implements Transport {
  /** Writes in order, as `PATCH /path`; Events apart. */
  readonly writes: string[] = [];
  fault: Fault = () => undefined;
  /** Called before each piece of a watch is handed on. */
  onWatch: (path: string) => Promise<void> | void = () => undefined;
  /** Hands every piece of a watch on twice. */
  repeatsWatches = false;
  #count = 0;

  constructor(private readonly transport: Transport) {}

  async send(request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse> {
    const isWrite = request.method !== 'GET' && !request.path.includes('/events');
    if (isWrite) {
      this.writes.push(`${request.method} ${request.path.split('?')[0]}`);
      const answer = this.fault(request, this.#count++);
      if (answer !== undefined) return answer;
    }
    const response = await this.transport.send(request, signal);
    if (!request.path.includes('watch=true')) return response;
    return { ...response, body: this.#late(request.path, response.body) };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async *#late(path: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      await this.onWatch(path);
      yield chunk;
      if (this.repeatsWatches) yield chunk;
    }
  }
}

/** A failure as the API server would answer it. */
export function failure(code: number, reason: string): ApiResponse {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    code,
    reason,
    message: `made to fail with ${reason}`,
  };
  const body = new TextEncoder().encode(JSON.stringify(status));
  return { status: code, headers: { 'content-type': 'application/json' }, body: once(body) };
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield body;
}

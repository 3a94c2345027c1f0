import type { ApiRequest } from '../transport/transport.js';
import type { RequestOptions } from './options.js';
import type { ExecuteOptions } from './request-executor.js';

/** What the parts of a client send their requests with: the client itself. */
export interface RequestSender {
  readonly namespace: string | undefined;
  readonly fieldManager: string;
  request<T>(request: ApiRequest, options?: RequestOptions & ExecuteOptions): Promise<T>;
  stream(request: ApiRequest, options?: RequestOptions & ExecuteOptions): Promise<AsyncIterable<Uint8Array>>;
}

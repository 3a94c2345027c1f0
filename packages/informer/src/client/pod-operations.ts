import type { ObjectKey } from '@kubewright/api';
import { Pod } from '@kubewright/api/core/v1';
import type { Status } from '@kubewright/api/meta/v1';
import type { ApiRequest } from '../transport/transport.js';
import type { DeleteOptions, RequestOptions, WriteOptions } from './options.js';
import type { RequestSender } from './request-sender.js';
import { objectPath, withQuery } from './resource-path.js';
import { writeQuery } from './write-requests.js';

export interface LogOptions extends RequestOptions {
  /** Default: the Pod's only container. */
  readonly container?: string | undefined;
  /** Goes on until the container ends or the signal aborts. Default: false. */
  readonly follow?: boolean | undefined;
  /** The log of the container's run before. Default: false. */
  readonly previous?: boolean | undefined;
  readonly sinceSeconds?: number | undefined;
  /** RFC 3339. */
  readonly sinceTime?: string | undefined;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  /** Puts the time before each line. Default: false. */
  readonly timestamps?: boolean | undefined;
}

/** What Pods offer beside the verbs of every kind. */
export class PodOperations {
  readonly #client: RequestSender;

  constructor(client: RequestSender) {
    this.#client = client;
  }

  /** A container's log as it comes. Whoever stops reading early leaves the loop or aborts the signal. */
  logs(key: ObjectKey, options: LogOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const { signal, timeout, ...parameters } = options;
    const request: ApiRequest = {
      method: 'GET',
      path: withQuery(this.#path('read the log of', key, 'log'), parameters),
      headers: { accept: '*/*' },
    };
    return this.#client.stream(request, { signal, timeout });
  }

  /** Deletes the Pod unless a disruption budget forbids it; then rejects with TooManyRequests. */
  async evict(key: ObjectKey, options: DeleteOptions = {}): Promise<Status> {
    const { gracePeriodSeconds, propagationPolicy, preconditions } = options;
    const body = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: key.name, namespace: key.namespace ?? this.#client.namespace },
      deleteOptions: {
        gracePeriodSeconds,
        propagationPolicy,
        preconditions,
        dryRun: options.dryRun === true ? ['All'] : undefined,
      },
    };
    // A 429 here means "not now" and is the caller's to decide on, not a busy server.
    return this.#client.request<Status>(this.#post(this.#path('evict', key, 'eviction'), body), {
      signal: options.signal,
      timeout: options.timeout,
      retry: false,
    });
  }

  /** Assigns the Pod to a node, as a scheduler does. */
  async bind(
    key: ObjectKey & { readonly uid?: string | undefined },
    nodeName: string,
    options: WriteOptions = {},
  ): Promise<Status> {
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: key.name, namespace: key.namespace ?? this.#client.namespace, uid: key.uid },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    };
    const path = withQuery(this.#path('bind', key, 'binding'), writeQuery(this.#client, options));
    return this.#client.request<Status>(this.#post(path, body), options);
  }

  #post(path: string, body: object): ApiRequest {
    return { method: 'POST', path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  }

  #path(verb: string, key: ObjectKey, subresource: string): string {
    return objectPath(Pod, verb, key.name, key.namespace ?? this.#client.namespace, subresource);
  }
}

import {
  apiVersionOf,
  compareResourceVersion,
  formatObjectKey,
  isResourceVersion,
  statusErrors,
} from '@kubewright/api';
import type { Kind, KubeObject, StatusError } from '@kubewright/api';
import { abortReason } from '@kubewright/core/async';
import { collectionPath } from '../client/resource-path.js';
import type { ApiRequest, ApiResponse, Transport } from '../transport/transport.js';
import { WatchStream } from './watch-stream.js';

/** What goes wrong with a request. */
export type Fault =
  /** Answers with this error; `retryAfter` in seconds. */
  | { readonly kind: 'status'; readonly error: StatusError }
  /** Answers a list with this, whatever was asked and is there. */
  | { readonly kind: 'answer'; readonly body: unknown }
  /** No response: the connection breaks, or is refused. */
  | { readonly kind: 'reset' }
  /** A response never comes; or, for a watch, nothing on it. */
  | { readonly kind: 'hang' }
  /** A watch that ends at once, without an event. */
  | { readonly kind: 'end' }
  /** A watch-list that sends the objects but never their end, as servers do that do not know it. */
  | { readonly kind: 'no-end-bookmark' };

export type RequestType = 'list' | 'watch' | 'watch-list';

interface Watcher {
  readonly stream: WatchStream;
  readonly isHung: boolean;
}

interface LoggedEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

const reset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

/**
 * An API server for one collection that does only lists and watches, and them as badly as the test wants. The objects are
 * changed by `set` and `remove`; everything happens in order and at once, so a fake clock governs all time.
 */
export class ScriptedApiServer implements Transport {
  /** Every request that came, in order. */
  readonly requests: { readonly type: RequestType; readonly query: URLSearchParams }[] = [];
  readonly #kind: Kind;
  readonly #path: string;
  readonly #objects = new Map<string, KubeObject>();
  readonly #log: LoggedEvent[] = [];
  readonly #faults = new Map<RequestType, Fault[]>();
  readonly #watchers = new Set<Watcher>();
  #version = 100n;
  /** Watches from before this version are answered with 410. */
  #oldest = '100';
  #uids = 0;

  constructor(kind: Kind) {
    this.#kind = kind;
    this.#path = collectionPath(kind, undefined);
  }

  get resourceVersion(): string {
    return String(this.#version);
  }

  /** The collection as it is, key to object. */
  get objects(): ReadonlyMap<string, KubeObject> {
    return this.#objects;
  }

  /** How many watches are open. */
  get watchers(): number {
    for (const watcher of this.#watchers) if (!watcher.stream.isOpen) this.#watchers.delete(watcher);
    return this.#watchers.size;
  }

  /** Creates or changes an object; an existing one keeps its uid. */
  set(name: string, fields: object = {}, namespace = 'default'): KubeObject {
    const place = this.#kind.scope === 'Namespaced' ? { namespace } : {};
    const key = formatObjectKey({ name, ...place });
    const old = this.#objects.get(key);
    const metadata = { name, ...place, uid: old?.metadata.uid ?? `uid-${++this.#uids}`, resourceVersion: this.#next() };
    const object: KubeObject = { apiVersion: apiVersionOf(this.#kind), kind: this.#kind.kind, ...fields, metadata };
    this.#objects.set(key, object);
    this.#publish({ type: old === undefined ? 'ADDED' : 'MODIFIED', object });
    return object;
  }

  remove(name: string, namespace = 'default'): void {
    const key = formatObjectKey(this.#kind.scope === 'Namespaced' ? { name, namespace } : { name });
    const old = this.#objects.get(key);
    if (old === undefined) return;
    this.#objects.delete(key);
    this.#publish({
      type: 'DELETED',
      object: { ...old, metadata: { ...old.metadata, resourceVersion: this.#next() } },
    });
  }

  /** Sends a bookmark on every watch. */
  bookmark(): void {
    this.#next();
    this.write(this.#line('BOOKMARK', this.#bookmarkObject()));
  }

  /** Puts raw bytes on every watch. */
  write(bytes: string): void {
    for (const { stream, isHung } of this.#watchers) if (!isHung) stream.write(bytes);
  }

  /** Puts an event on every watch that changes nothing of the collection. */
  lie(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: unknown): void {
    this.write(this.#line(type, object));
  }

  /** Sends an ERROR event on every watch and ends it. */
  sendError(error: StatusError): void {
    this.write(this.#line('ERROR', error.toStatus()));
    this.endWatches();
  }

  /** Ends every watch as a server does whose time is over. */
  endWatches(): void {
    for (const { stream } of this.#watchers) stream.end();
    this.#watchers.clear();
  }

  /** Breaks the connection of every watch. */
  resetWatches(): void {
    for (const { stream } of this.#watchers) stream.fail(reset());
    this.#watchers.clear();
  }

  /** Forgets the history: older watches and lists are answered with 410. */
  compact(): void {
    this.#oldest = this.resourceVersion;
  }

  /** What the next requests of a type meet, one each. */
  fault(type: RequestType, ...faults: readonly Fault[]): void {
    this.#faults.set(type, [...(this.#faults.get(type) ?? []), ...faults]);
  }

  async send(request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse> {
    signal?.throwIfAborted();
    const url = new URL(request.path, 'http://server');
    const query = url.searchParams;
    if (url.pathname !== this.#path) return refuse(statusErrors.unknownPath());
    const type: RequestType =
      query.get('watch') !== 'true' ? 'list' : query.get('sendInitialEvents') === 'true' ? 'watch-list' : 'watch';
    this.requests.push({ type, query });
    const fault = this.#faults.get(type)?.shift();
    if (fault?.kind === 'status') return refuse(fault.error);
    if (fault?.kind === 'answer') return respond(200, JSON.stringify(fault.body));
    if (fault?.kind === 'reset') throw reset();
    if (fault?.kind === 'hang' && type === 'list') return hang(signal);
    return type === 'list' ? this.#list(query) : this.#watch(query, type, fault, signal);
  }

  async close(): Promise<void> {
    this.endWatches();
  }

  #list(query: URLSearchParams): ApiResponse {
    const wanted = query.get('resourceVersion') ?? '';
    if (wanted !== '' && wanted !== '0' && !isResourceVersion(wanted))
      return refuse(statusErrors.badRequest('the resourceVersion is none'));
    if (wanted !== '' && wanted !== '0' && compareResourceVersion(wanted, this.resourceVersion) > 0) {
      const details = { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] };
      return refuse(
        Object.assign(statusErrors.expired('Too large resource version'), { code: 504, reason: 'Timeout', details }),
      );
    }
    const limit = Number(query.get('limit') ?? '0');
    const start = Number(query.get('continue') ?? '0');
    const all = [...this.#objects.values()];
    const end = limit === 0 ? all.length : start + limit;
    const items = all
      .slice(start, end)
      .map(({ metadata, apiVersion: _version, kind: _kind, ...rest }) => ({ metadata, ...rest }));
    const metadata = { resourceVersion: this.resourceVersion, ...(end < all.length && { continue: String(end) }) };
    return respond(
      200,
      JSON.stringify({ kind: `${this.#kind.kind}List`, apiVersion: apiVersionOf(this.#kind), metadata, items }),
    );
  }

  #watch(
    query: URLSearchParams,
    type: RequestType,
    fault: Fault | undefined,
    signal: AbortSignal | undefined,
  ): ApiResponse {
    const from = query.get('resourceVersion') ?? '';
    if (type === 'watch' && !isResourceVersion(from))
      return refuse(statusErrors.badRequest('the resourceVersion is none'));
    if (type === 'watch' && compareResourceVersion(from, this.#oldest) < 0)
      return refuse(statusErrors.expired('too old resource version'));
    const stream = new WatchStream(signal);
    this.#watchers.add({ stream, isHung: fault?.kind === 'hang' });
    if (type === 'watch-list' && fault?.kind !== 'hang') {
      for (const object of this.#objects.values()) stream.write(this.#line('ADDED', object));
      if (fault?.kind !== 'no-end-bookmark')
        stream.write(this.#line('BOOKMARK', this.#bookmarkObject({ 'k8s.io/initial-events-end': 'true' })));
    } else if (fault?.kind !== 'hang') {
      for (const { type, object } of this.#log) {
        if (compareResourceVersion(object.metadata.resourceVersion ?? '', from) > 0)
          stream.write(this.#line(type, object));
      }
    }
    if (fault?.kind === 'end') stream.end();
    return { status: 200, headers: {}, body: stream };
  }

  #publish(event: LoggedEvent): void {
    this.#log.push(event);
    this.write(this.#line(event.type, event.object));
  }

  #next(): string {
    return String(++this.#version);
  }

  #bookmarkObject(annotations?: Record<string, string>): object {
    const metadata = {
      resourceVersion: this.resourceVersion,
      creationTimestamp: null,
      ...(annotations && { annotations }),
    };
    return { kind: this.#kind.kind, apiVersion: apiVersionOf(this.#kind), metadata };
  }

  #line(type: string, object: unknown): string {
    return `${JSON.stringify({ type, object })}\n`;
  }
}

function respond(status: number, text: string, headers: Record<string, string> = {}): ApiResponse {
  const stream = new WatchStream();
  stream.write(text);
  stream.end();
  return { status, headers, body: stream };
}

function refuse(error: StatusError): ApiResponse {
  const seconds = error.retryAfterSeconds;
  return respond(
    error.code,
    JSON.stringify(error.toStatus()),
    seconds === undefined ? {} : { 'retry-after': String(seconds) },
  );
}

function hang(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal?.addEventListener('abort', () => reject(abortReason(signal)), { once: true }),
  );
}

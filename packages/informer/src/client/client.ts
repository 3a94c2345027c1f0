/**
 * The client: typed verbs over kinds, for any transport. It sends requests and turns answers into objects or errors; it
 * caches nothing (see `shared-informer`) and does not keep watches alive (see `reflector`).
 */
import type { Kind, KubeList, KubeObject, ObjectKey } from '@kubewright/api';
import type { Scale } from '@kubewright/api/autoscaling/v1';
import type { Status } from '@kubewright/api/meta/v1';
import { SystemClock, noMetrics, noTracer, silentLogger } from '@kubewright/core';
import type { Clock, Logger, Metrics, Tracer } from '@kubewright/core';
import { informerErrors } from '../errors/informer-errors.js';
import type { ApiRequest, Transport } from '../transport/transport.js';
import { decodeWatch } from './decode-watch.js';
import { Discovery } from './discovery.js';
import { listAllPages } from './list-pages.js';
import type {
  ApplyObject,
  DeleteOptions,
  GetOptions,
  ListOptions,
  NewObject,
  Patch,
  PatchOptions,
  RequestOptions,
  SelectionOptions,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './options.js';
import { PodOperations } from './pod-operations.js';
import { readList } from './read-list.js';
import { readObject } from './read-object.js';
import { RequestExecutor } from './request-executor.js';
import type { ExecuteOptions } from './request-executor.js';
import type { RequestSender } from './request-sender.js';
import { collectionPath, listQuery, objectPath, watchQuery, withQuery } from './resource-path.js';
import { SubresourceClient } from './subresource-client.js';
import type { SubresourceType } from './subresource-client.js';
import { applyRequest, encodeObject, keyOf, patchRequest, writeQuery } from './write-requests.js';

export interface ClientOptions {
  /** Where the requests go; whoever made it closes it. */
  readonly transport: Transport;
  /** For objects and keys that name no namespace. Default: none, so such a call is an error. */
  readonly namespace?: string | undefined;
  /** Who owns the fields that this client writes. Default: `kubewright`. */
  readonly fieldManager?: string | undefined;
  /** Default: `kubewright`. */
  readonly userAgent?: string | undefined;
  /** Milliseconds for a request with its retries, streams apart. Default: 90,000. */
  readonly timeout?: number | undefined;
  /** The largest answer to accept. Default: 256 MiB. */
  readonly maxResponseBytes?: number | undefined;
  /** Called with each warning that the server adds to an answer. Default: logs it. */
  readonly onWarning?: ((text: string, request: ApiRequest) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
  /** Each request is a span of it, which the server is told of. Default: none. */
  readonly tracer?: Tracer | undefined;
}

/**
 * A typed Kubernetes client. Every answer that is no success rejects with a `StatusError`; no call is limited on the
 * client's side, since API servers ration their clients themselves.
 *
 * ```ts
 * const client = new Client({ transport });
 * const web = await client.get(Deployment, { name: 'web', namespace: 'shop' });
 * ```
 */
export class Client implements RequestSender {
  readonly transport: Transport;
  readonly namespace: string | undefined;
  readonly fieldManager: string;
  /** What Pods can do beside being stored: logs, eviction, binding. */
  readonly pods: PodOperations;
  readonly discovery: Discovery;
  readonly #executor: RequestExecutor;

  constructor(options: ClientOptions) {
    const logger = options.logger ?? silentLogger;
    this.transport = options.transport;
    this.namespace = options.namespace;
    this.fieldManager = options.fieldManager ?? 'kubewright';
    this.#executor = new RequestExecutor({
      transport: options.transport,
      clock: options.clock ?? new SystemClock(),
      metrics: options.metrics ?? noMetrics,
      tracer: options.tracer ?? noTracer,
      userAgent: options.userAgent ?? 'kubewright',
      timeout: options.timeout ?? 90_000,
      maxResponseBytes: options.maxResponseBytes ?? 256 * 1024 * 1024,
      onWarning:
        options.onWarning ??
        ((text, request) => logger.warn('the API server warns', { warning: text, path: request.path })),
    });
    this.pods = new PodOperations(this);
    this.discovery = new Discovery(this);
  }

  async get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options: GetOptions = {}): Promise<T> {
    const path = withQuery(this.#objectPath(kind, 'get', key), { resourceVersion: options.resourceVersion });
    return this.#object(kind, { method: 'GET', path }, options);
  }

  /** One page, or everything where no `limit` is given. Its items have their `apiVersion` and `kind`. */
  async list<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    const path = withQuery(collectionPath(kind, options.namespace), listQuery(options));
    return readList(kind, path, await this.request({ method: 'GET', path }, options));
  }

  /**
   * Every object, page by page (500, or `limit`). Where the listing outlives the server's snapshot, what has not come yet
   * is read in one piece from the newest state. Throws LIST_ENDLESS where the server sends a token twice, or ten pages in a
   * row without anything new.
   */
  listAll<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): AsyncGenerator<T, void> {
    return listAllPages(kind.plural, options, (page) => this.list(kind, page));
  }

  /** Rejects with AlreadyExists where the name is taken. `metadata.generateName` lets the server choose one. */
  async create<T extends KubeObject>(kind: Kind<T>, object: NewObject<T>, options: WriteOptions = {}): Promise<T> {
    const namespace = kind.scope === 'Namespaced' ? (object.metadata.namespace ?? this.namespace) : undefined;
    if (kind.scope === 'Namespaced' && namespace === undefined)
      throw informerErrors.NAMESPACE_REQUIRED({ kind: kind.kind, verb: 'create' });
    const path = withQuery(collectionPath(kind, namespace), writeQuery(this, options));
    return this.#object(kind, { method: 'POST', path, ...encodeObject(kind, object) }, options);
  }

  /** Replaces the object. With a resourceVersion in it, rejects with Conflict where it has changed since. */
  async update<T extends KubeObject>(kind: Kind<T>, object: NewObject<T>, options: WriteOptions = {}): Promise<T> {
    const path = withQuery(this.#objectPath(kind, 'update', keyOf(kind, 'update', object)), writeQuery(this, options));
    return this.#object(kind, { method: 'PUT', path, ...encodeObject(kind, object) }, options);
  }

  async patch<T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    patch: Patch,
    options: PatchOptions = {},
  ): Promise<T> {
    return this.#object(kind, patchRequest(this, this.#objectPath(kind, 'patch', key), patch, options), options);
  }

  /** Server-side apply: afterwards this field manager owns exactly the fields of `object`. Creates what does not exist. */
  async apply<T extends KubeObject>(kind: Kind<T>, object: ApplyObject<T>, options: PatchOptions = {}): Promise<T> {
    const path = this.#objectPath(kind, 'apply', keyOf(kind, 'apply', object));
    return this.#object(kind, applyRequest(this, path, encodeObject(kind, object).body, options), options);
  }

  /** Answers the object where it stays for now (finalizers, grace period) or was returned as it went, otherwise a `Status`. */
  async delete<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options: DeleteOptions = {}): Promise<T | Status> {
    return this.request<T | Status>(
      { method: 'DELETE', path: this.#objectPath(kind, 'delete', key), ...deleteBody(options) },
      options,
    );
  }

  /** Deletes all that the selection matches, in one namespace or, for cluster-scoped kinds, everywhere. */
  async deleteCollection<T extends KubeObject>(
    kind: Kind<T>,
    options: SelectionOptions & DeleteOptions = {},
  ): Promise<void> {
    const namespace = kind.scope === 'Namespaced' ? (options.namespace ?? this.namespace) : undefined;
    if (kind.scope === 'Namespaced' && namespace === undefined)
      throw informerErrors.NAMESPACE_REQUIRED({ kind: kind.kind, verb: 'deleteCollection' });
    const { labelSelector, fieldSelector, signal, timeout } = options;
    const path = withQuery(collectionPath(kind, namespace), listQuery({ labelSelector, fieldSelector }));
    await this.request({ method: 'DELETE', path, ...deleteBody(options) }, { signal, timeout });
  }

  /**
   * One watch request's events in order; ends when the server ends it, throws a `StatusError` where it sends an error.
   * Nothing is resumed: use an informer for a picture that stays right.
   */
  async *watch<T extends KubeObject>(kind: Kind<T>, options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>, void> {
    yield* decodeWatch<T>(await this.openWatch(kind, options));
  }

  /** The undecoded body of one watch request, for reflectors. It is not retried. */
  openWatch(kind: Kind, options: WatchOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const path = withQuery(collectionPath(kind, options.namespace), watchQuery(options));
    return this.stream({ method: 'GET', path }, { signal: options.signal, retry: false });
  }

  /** The status of a kind's objects, which main-resource writes leave alone. */
  status<T extends KubeObject>(kind: Kind<T>): SubresourceClient<T> {
    return new SubresourceClient(this, kind, 'status', kind);
  }

  /** The number of replicas of a kind that can be scaled. */
  scale(kind: Kind): SubresourceClient<Scale> {
    return this.subresource<Scale>(kind, 'scale', { group: 'autoscaling', version: 'v1', kind: 'Scale' });
  }

  /** Another subresource, whose objects are of `type`. */
  subresource<S extends KubeObject>(kind: Kind, name: string, type: SubresourceType<S>): SubresourceClient<S> {
    return new SubresourceClient(this, kind, name, type);
  }

  /** Any other JSON request to the server, with the client's retries and errors. */
  request<T>(request: ApiRequest, options: RequestOptions & ExecuteOptions = {}): Promise<T> {
    return this.#executor.json<T>(request, {
      signal: options.signal,
      timeout: options.timeout,
      retry: options.retry ?? true,
    });
  }

  /** As `request`, for a body that is read while it comes. */
  stream(request: ApiRequest, options: RequestOptions & ExecuteOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    return this.#executor.stream(request, {
      signal: options.signal,
      timeout: options.timeout,
      retry: options.retry ?? true,
    });
  }

  async #object<T extends KubeObject>(kind: Kind<T>, request: ApiRequest, options: RequestOptions): Promise<T> {
    return readObject(kind, request, await this.request(request, options));
  }

  #objectPath(kind: Kind, verb: string, key: ObjectKey): string {
    return objectPath(kind, verb, key.name, key.namespace ?? this.namespace);
  }
}

function deleteBody(options: DeleteOptions): { headers: Record<string, string>; body: string } {
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    gracePeriodSeconds: options.gracePeriodSeconds,
    propagationPolicy: options.propagationPolicy,
    preconditions: options.preconditions,
    dryRun: options.dryRun === true ? ['All'] : undefined,
  };
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

import type { GroupVersionKind, Kind, KubeObject, ObjectKey } from '@kubewright/api';
import type {
  ApplyObject,
  GetOptions,
  NewObject,
  Patch,
  PatchOptions,
  RequestOptions,
  WriteOptions,
} from './options.js';
import type { ApiRequest } from '../transport/transport.js';
import type { RequestSender } from './request-sender.js';
import { objectPath, withQuery } from './resource-path.js';
import { applyRequest, encodeObject, keyOf, patchRequest, writeQuery } from './write-requests.js';

/** Which objects a subresource takes and answers; a `Kind` will do. */
export interface SubresourceType<S extends KubeObject> extends GroupVersionKind {
  /** Never set: carries the object's type. */
  readonly object?: S;
}

/** One subresource of a kind, as `status` or `scale`. Its objects are of type `S`; the verbs that exist depend on the server. */
export class SubresourceClient<S extends KubeObject> {
  readonly #client: RequestSender;
  readonly #kind: Kind;
  readonly #name: string;
  readonly #type: SubresourceType<S>;

  /** Use `client.status(kind)` or `client.subresource(kind, name, type)`. */
  constructor(client: RequestSender, kind: Kind, name: string, type: SubresourceType<S>) {
    this.#client = client;
    this.#kind = kind;
    this.#name = name;
    this.#type = type;
  }

  async get(key: ObjectKey, options: GetOptions = {}): Promise<S> {
    return this.#client.request<S>({ method: 'GET', path: this.#path('get', key) }, options);
  }

  /** Posts to the subresource, as for `token` or `eviction`. */
  async create(key: ObjectKey, object: NewObject<S>, options: WriteOptions = {}): Promise<S> {
    const path = withQuery(this.#path('create', key), writeQuery(this.#client, options));
    return this.#client.request<S>({ method: 'POST', path, ...encodeObject(this.#type, object) }, options);
  }

  async update(object: NewObject<S>, options: WriteOptions = {}): Promise<S> {
    const key = keyOf(this.#kind, 'update', object);
    const path = withQuery(this.#path('update', key), writeQuery(this.#client, options));
    return this.#client.request<S>({ method: 'PUT', path, ...encodeObject(this.#type, object) }, options);
  }

  async patch(key: ObjectKey, patch: Patch, options: PatchOptions = {}): Promise<S> {
    return this.#send(patchRequest(this.#client, this.#path('patch', key), patch, options), options);
  }

  async apply(object: ApplyObject<S>, options: PatchOptions = {}): Promise<S> {
    const path = this.#path('apply', keyOf(this.#kind, 'apply', object));
    return this.#send(applyRequest(this.#client, path, encodeObject(this.#type, object).body, options), options);
  }

  #send(request: ApiRequest, options: RequestOptions): Promise<S> {
    return this.#client.request<S>(request, options);
  }

  #path(verb: string, key: ObjectKey): string {
    return objectPath(
      this.#kind,
      `${verb} ${this.#name} of`,
      key.name,
      key.namespace ?? this.#client.namespace,
      this.#name,
    );
  }
}

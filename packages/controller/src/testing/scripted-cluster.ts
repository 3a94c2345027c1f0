/**
 * An API server for a controller's tests: it holds objects of a few kinds, answers reads, writes and watches of them, and does
 * as a script says besides. Everything happens in order and at once, so a fake clock governs all time.
 *
 * It keeps the promises that controllers build on (optimistic locking, uid preconditions, finalizers, the status subresource,
 * generateName) and no others: nothing is validated, and an apply merges without looking at whose fields they are.
 */
import { statusErrors } from '@kubewright/api';
import type { Kind, KubeObject } from '@kubewright/api';
import { applyMergePatch } from '@kubewright/api/patch';
import { collectionPath } from '@kubewright/informer';
import type { ApiRequest, ApiResponse, Transport } from '@kubewright/informer';
import { WatchStream } from '@kubewright/informer/testing';
import { ScriptedCollection } from './scripted-collection.js';

/** An object or a part of one; of a delete, its options. */
export interface ScriptedBody extends KubeObject {
  readonly preconditions?: KubeObject['metadata'];
  readonly status?: unknown;
}

/** A request as a test looks at it. */
export interface ScriptedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: ScriptedBody | undefined;
}

/** What happens before a request is answered: another writer's doing; an error that is thrown is the answer. */
export type Interruption = (request: ScriptedRequest, signal: AbortSignal | undefined) => unknown;

export class ScriptedCluster implements Transport {
  /** Reads of single objects, and writes, in order. Lists and watches are the informers'. */
  readonly requests: ScriptedRequest[] = [];
  readonly #collections: ScriptedCollection[];
  readonly #script: { readonly method: string; readonly path: RegExp; readonly interruption: Interruption }[] = [];
  #uids = 0;
  #version = 100n;

  constructor(...kinds: readonly Kind[]) {
    this.#collections = kinds.map((kind) => new ScriptedCollection(kind, () => String(++this.#version)));
  }

  /** The writes so far, as `PATCH /apis/apps/v1/namespaces/default/deployments/web`. */
  get writes(): string[] {
    return this.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
  }

  /** The next request of a method whose path matches is interrupted, once. */
  once(method: string, path: RegExp, interruption: Interruption): void {
    this.#script.push({ method, path, interruption });
  }

  /** Puts an object there as somebody else would: created, or changed as a whole. An existing one keeps its uid. */
  put<T extends KubeObject>(kind: Kind<T>, object: Omit<T, 'apiVersion' | 'kind'>): T {
    return this.#of(kind).put(object, `uid-${++this.#uids}`);
  }

  /** What is under a key now; undefined where there is nothing. */
  get<T extends KubeObject>(kind: Kind<T>, name: string, namespace = 'default'): T | undefined {
    return this.#of(kind).get<T>(name, namespace);
  }

  all<T extends KubeObject>(kind: Kind<T>): T[] {
    return this.#of(kind).all<T>();
  }

  /** Takes an object away whatever its finalizers. */
  remove(kind: Kind, name: string, namespace = 'default'): void {
    this.#of(kind).remove(name, namespace);
  }

  /** From now on watches of a kind show nothing new. @returns shows all that happened meanwhile, and goes on as before. */
  hold(kind: Kind): () => void {
    return this.#of(kind).hold();
  }

  async send(request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse> {
    signal?.throwIfAborted();
    const url = new URL(request.path, 'http://server');
    const { pathname: path, searchParams: query } = url;
    const body: ScriptedBody | undefined = typeof request.body === 'string' ? JSON.parse(request.body) : undefined;
    const seen = { method: request.method, path, query, body };
    try {
      const found = this.#find(path);
      if (request.method !== 'GET' || found.name !== undefined) this.requests.push(seen);
      const at = this.#script.findIndex((step) => step.method === request.method && step.path.test(path));
      if (at >= 0) await this.#script.splice(at, 1)[0]?.interruption(seen, signal);
      signal?.throwIfAborted();
      if (query.get('watch') === 'true')
        return { status: 200, headers: {}, body: found.collection.watch(query, signal) };
      return respond(200, this.#answer(seen, found));
    } catch (error) {
      if (!isAnswer(error)) throw error;
      return respond(error.code, error.toStatus());
    }
  }

  async close(): Promise<void> {
    for (const collection of this.#collections) collection.endWatches();
  }

  #answer(
    { method, query, body = noBody }: ScriptedRequest,
    { collection, namespace, name, subresource }: Found,
  ): object {
    if (name === undefined)
      return method === 'POST' ? this.#create(collection, body, namespace) : collection.list(namespace);
    const existing = collection.get(name, namespace);
    const isApply = query.has('fieldManager') && method === 'PATCH' && existing === undefined && 'apiVersion' in body;
    if (isApply) return this.#create(collection, body, namespace);
    if (existing === undefined) throw statusErrors.notFound(collection.resource, name);
    if (method === 'GET') return existing;
    if (method === 'DELETE') {
      collection.check(existing, body.preconditions ?? {});
      return collection.markDeleted(existing);
    }
    collection.check(existing, body.metadata ?? {});
    const next = method === 'PUT' ? body : merged(existing, body);
    const part = subresource === 'status' ? { status: next.status } : { ...next, ...statusOf(existing) };
    return collection.write({ ...existing, ...part }, existing);
  }

  #create(collection: ScriptedCollection, body: ScriptedBody, namespace: string | undefined): KubeObject {
    const { metadata } = body;
    const uid = `uid-${++this.#uids}`;
    const name = metadata.name ?? `${metadata.generateName}${this.#uids}`;
    if (collection.get(name, namespace) !== undefined) throw statusErrors.alreadyExists(collection.resource, name);
    const place = namespace !== undefined && { namespace };
    return collection.write({ ...body, metadata: { ...metadata, name, ...place, uid } });
  }

  #of(kind: Kind): ScriptedCollection {
    const found = this.#collections.find((each) => each.kind.plural === kind.plural && each.kind.group === kind.group);
    if (found === undefined) throw new Error(`the scripted cluster has no ${kind.plural}`);
    return found;
  }

  #find(path: string): Found {
    for (const collection of this.#collections) {
      const all = collectionPath(collection.kind, undefined);
      const root = all.slice(0, all.lastIndexOf('/'));
      const pattern = new RegExp(
        `^${root}(?:/namespaces/([^/]+))?/${collection.kind.plural}(?:/([^/]+))?(?:/([^/]+))?$`,
      );
      const [whole, namespace, name, subresource] = pattern.exec(path) ?? [];
      if (whole !== undefined) return { collection, namespace, name, subresource };
    }
    throw statusErrors.unknownPath();
  }
}

const noBody: ScriptedBody = { apiVersion: '', kind: '', metadata: {} };

interface Found {
  readonly collection: ScriptedCollection;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** What a merge patch makes of an object. */
function merged(object: KubeObject, patch: object): ScriptedBody {
  const json = applyMergePatch(JSON.parse(JSON.stringify(object)), JSON.parse(JSON.stringify(patch)));
  return JSON.parse(JSON.stringify(json));
}

function statusOf(object: KubeObject): object {
  return 'status' in object ? { status: object.status } : {};
}

function isAnswer(error: unknown): error is ReturnType<typeof statusErrors.unknownPath> {
  return typeof error === 'object' && error !== null && 'toStatus' in error;
}

function respond(status: number, body: object): ApiResponse {
  const stream = new WatchStream();
  stream.write(JSON.stringify(body));
  stream.end();
  return { status, headers: {}, body: stream };
}

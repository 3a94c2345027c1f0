import type { DeepReadonly, KubeObject } from '@kubewright/api';

export interface RequestOptions {
  /** Ends the request; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole request with its retries. Default: the client's `timeout`. */
  readonly timeout?: number | undefined;
}

export interface GetOptions extends RequestOptions {
  /** Default: none, the newest state. `0`: any state the server has cached. */
  readonly resourceVersion?: string | undefined;
}

export interface SelectionOptions {
  /** Default: every namespace. */
  readonly namespace?: string | undefined;
  /** In the API's syntax, as `app=web,tier!=cache`. */
  readonly labelSelector?: string | undefined;
  /** As `spec.nodeName=node-1`. */
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends SelectionOptions, RequestOptions {
  /** The most items of one page. Default: no limit for `list`, 500 for `listAll`. */
  readonly limit?: number | undefined;
  /** The `metadata.continue` of the page before. */
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
}

export interface WatchOptions extends SelectionOptions {
  readonly signal?: AbortSignal | undefined;
  /** Events after this resourceVersion. Default: the present state as ADDED events, then what happens. */
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'NotOlderThan' | undefined;
  /** Asks for the present state first, ended by a bookmark annotated `k8s.io/initial-events-end`. */
  readonly sendInitialEvents?: boolean | undefined;
  /** Default: true. */
  readonly allowWatchBookmarks?: boolean | undefined;
  /** Seconds after which the server ends the watch. Default: the server's own choice. */
  readonly timeoutSeconds?: number | undefined;
}

export interface WriteOptions extends RequestOptions {
  /** Runs the whole request but stores nothing. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Who owns the written fields. Default: the client's `fieldManager`. */
  readonly fieldManager?: string | undefined;
  /** What the server does about unknown and duplicate fields. Default: the server's, `Warn`. */
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict' | undefined;
}

export interface PatchOptions extends WriteOptions {
  /** For apply: takes fields over that another manager owns. Default: false, which answers 409 Conflict then. */
  readonly force?: boolean | undefined;
}

export interface DeleteOptions extends RequestOptions {
  readonly dryRun?: boolean | undefined;
  /** Seconds to end gracefully; 0 deletes at once. Default: the object's own. */
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
  /** Deletes only if the object still is this one; otherwise 409 Conflict. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
}

/** An object to send; one from a cache will do. `apiVersion` and `kind` may be left out, the kind tells them. */
export type NewObject<T extends KubeObject> = DeepReadonly<Omit<T, 'apiVersion' | 'kind'>> & {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: DeepReadonly<KubeObject['metadata']>;
};

type Part<V> = V extends readonly (infer E)[]
  ? readonly Part<E>[]
  : V extends object
    ? { readonly [K in keyof V]?: Part<V[K]> }
    : V;

/** The part of an object that its applier wants to own. */
export type ApplyObject<T extends KubeObject> = Part<Omit<T, 'apiVersion' | 'kind' | 'metadata'>> & {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Part<T['metadata']> & { readonly name: string };
};

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** A change to an object. Custom resources know no strategic merge patch. */
export type Patch =
  | { readonly type: 'merge'; readonly patch: object }
  | { readonly type: 'strategic'; readonly patch: object }
  | { readonly type: 'json'; readonly patch: readonly JsonPatchOperation[] };

/** An event of a watch. A bookmark's object holds nothing but its resourceVersion and annotations. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

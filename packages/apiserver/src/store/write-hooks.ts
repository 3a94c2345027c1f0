/** What writes allocate and deletions release: addresses, ports. The store calls it around each write of the storage. */
import type { JsonObject } from '@kubewright/api';
import type { Token } from '@kubewright/core';
import { token } from '@kubewright/core';
import type { CachedObject } from '../cache/cached-object.js';
import type { ServedResource } from '../registry/served-resource.js';
import type { WriteRequest } from './write-request.js';

/** What was allocated for a write; disposing it gives everything back unless `keep` was called. */
export interface Reservation extends Disposable {
  keep(): void;
}

export interface WriteHooks {
  /** Allocates what the object asks for and writes it into the object. Throws a StatusError where it cannot. */
  reserve(request: WriteRequest, object: JsonObject, old: JsonObject | undefined): Promise<Reservation>;
  /** Gives back what a removed object held. */
  release(resource: ServedResource, removed: CachedObject): Promise<void>;
}

export const WriteHooks: Token<WriteHooks> = token('@kubewright/apiserver/WriteHooks');

const nothing: Reservation = { keep: () => undefined, [Symbol.dispose]: () => undefined };

/** Allocates nothing. */
export const noHooks: WriteHooks = {
  reserve: () => Promise.resolve(nothing),
  release: () => Promise.resolve(),
};

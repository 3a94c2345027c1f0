/**
 * Services as classes: how a class says which service it is (`@GrpcService`) and what its methods take and answer.
 * Neighbours: `call` runs a method, `server` puts services on a socket.
 */
import type { DescMethod } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import type { Logger } from '@kubewright/core';

/** What a handler knows about its call. */
export interface CallContext {
  readonly method: DescMethod;
  /**
   * Aborts when the client cancels or goes away, when the deadline passes, and when the server stops for good. The reason
   * is a `GrpcStatusError`; a handler that ends by throwing it answers the right status.
   */
  readonly signal: AbortSignal;
  /** Aborts when the server begins to stop: a stream without an end of its own ends then, a short call goes on. */
  readonly draining: AbortSignal;
  /** When the caller stops waiting, in milliseconds since the epoch; undefined for never. */
  readonly deadline: number | undefined;
  /** What the client sent beside the request. */
  readonly metadata: CallMetadata;
  /** A logger that names the method. */
  readonly logger: Logger;
  /** The other end as grpc-js names it; the same for all clients of a unix socket. */
  readonly peer: string;
}

/** The client's metadata. Keys are not case sensitive; the values of keys that end in `-bin` are bytes. */
export class CallMetadata {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** The first value of a key. */
  get(key: string): string | Uint8Array | undefined {
    return this.#metadata.get(key)[0];
  }

  /** All values of a key, in the order they were sent. */
  getAll(key: string): readonly (string | Uint8Array)[] {
    return this.#metadata.get(key);
  }
}

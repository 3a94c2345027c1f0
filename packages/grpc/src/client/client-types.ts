import type { DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';

export interface CallOptions {
  /** Cancels the call, which then rejects with CANCELLED. */
  readonly signal?: AbortSignal;
  /** How long the call may take, in milliseconds. Default: the connection's for unary calls, none for streams. */
  readonly deadline?: number;
  /** What to send beside the request; values of keys that end in `-bin` are bytes. */
  readonly metadata?: Readonly<Record<string, string | Uint8Array>>;
}

/** How a method is called; a request may be a plain object with the message's fields. */
export type ClientMethod<M extends DescMethod> = M['methodKind'] extends 'unary'
  ? (request: MessageInitShape<M['input']>, options?: CallOptions) => Promise<MessageShape<M['output']>>
  : M['methodKind'] extends 'server_streaming'
    ? (request: MessageInitShape<M['input']>, options?: CallOptions) => AsyncIterable<MessageShape<M['output']>>
    : M['methodKind'] extends 'client_streaming'
      ? (
          requests: AsyncIterable<MessageInitShape<M['input']>>,
          options?: CallOptions,
        ) => Promise<MessageShape<M['output']>>
      : (
          requests: AsyncIterable<MessageInitShape<M['input']>>,
          options?: CallOptions,
        ) => AsyncIterable<MessageShape<M['output']>>;

/** The methods of a service. A stream of responses starts when it is first read, and leaving the loop cancels it. */
export type GrpcClient<S extends DescService> = { readonly [K in keyof S['method']]: ClientMethod<S['method'][K]> };

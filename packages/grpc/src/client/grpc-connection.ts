import { create } from '@bufbuild/protobuf';
import type { DescMessage, DescMethod, DescService, Message, MessageInitShape } from '@bufbuild/protobuf';
import { Client as Transport, Metadata, connectivityState, credentials } from '@grpc/grpc-js';
import type { Clock } from '@kubewright/core';
import { methodDefinition } from '../adapter/service-definition.js';
import type { WireMethod } from '../adapter/service-definition.js';
import { Code } from '../status/code.js';
import { grpcTarget, parsePluginAddress, showAddress } from '../socket/plugin-address.js';
import { CallWatch } from './call-watch.js';
import type { CallOptions, GrpcClient } from './client-types.js';
import { readResponses, sendRequests } from './client-streams.js';

/** Waits between attempts to connect, in milliseconds; a plugin that restarts is found again within the longest. */
const firstBackoff = 50;
const longestBackoff = 1_000;
const defaultDeadline = 30_000;
const defaultMaxMessage = 16 * 1024 * 1024;
/** The header `grpc-timeout` has at most eight digits. */
const longestTimeout = 99_999_999;

/** A call with one answer that has ended, however it did. */
export interface EndedCall {
  /** As `/csi.v1.Identity/Probe`. */
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
}

export interface GrpcConnectionOptions {
  /** `unix:///path`, an absolute path, or `tcp://127.0.0.1:PORT`. */
  readonly address: string;
  readonly clock: Clock;
  /** The deadline of unary calls, in milliseconds. Default: 30,000. */
  readonly deadline?: number;
  /** How long a call waits for a plugin that cannot be reached, in milliseconds. Default: 10,000; then UNAVAILABLE. */
  readonly connectTimeout?: number;
  /** The largest message, received or sent, in bytes. Default: 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Told of each call with one answer when it has ended, for metrics. It must not throw. */
  readonly onEnd?: (call: EndedCall) => void;
}

type Init = MessageInitShape<DescMessage>;
type Encode = (init: Init) => Message;

/**
 * A connection to a plugin, for clients of all its services. It connects at the first call and by itself after a loss,
 * with backoff; a call meanwhile waits. The owner closes it, which cancels what runs.
 */
export class GrpcConnection implements Disposable {
  readonly #options: GrpcConnectionOptions;
  readonly #transport: Transport;
  readonly #address: string;
  #running: Set<CallWatch> | undefined = new Set();

  /** @throws ADDRESS_INVALID */
  constructor(options: GrpcConnectionOptions) {
    this.#options = options;
    const address = parsePluginAddress(options.address);
    this.#address = showAddress(address);
    const largest = options.maxMessageBytes ?? defaultMaxMessage;
    this.#transport = new Transport(grpcTarget(address), credentials.createInsecure(), {
      'grpc.max_receive_message_length': largest,
      'grpc.max_send_message_length': largest,
      'grpc.initial_reconnect_backoff_ms': firstBackoff,
      'grpc.max_reconnect_backoff_ms': longestBackoff,
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.use_local_subchannel_pool': 1, // so that closing this connection closes its socket
    });
  }

  client<S extends DescService>(service: S): GrpcClient<S> {
    const methods = service.methods.map((method) => [method.localName, this.#method(method)] as const);
    return Object.fromEntries(methods) as GrpcClient<S>;
  }

  /** Cancels running calls; later ones fail. Closing twice does nothing. */
  close(): void {
    const running = this.#running ?? [];
    this.#running = undefined;
    for (const call of running) call.close();
    this.#transport.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #method(method: DescMethod): (input: never, options?: CallOptions) => unknown {
    const wire = methodDefinition(method);
    const encode = (init: Init): Message => create(method.input, init);
    if (method.methodKind === 'unary') {
      return (request: Init, options = {}) => this.#unary(wire, encode(request), options);
    }
    if (method.methodKind === 'client_streaming') {
      return (requests: AsyncIterable<Init>, options = {}) => this.#collect(wire, encode, requests, options);
    }
    if (method.methodKind === 'server_streaming') {
      return (request: Init, options = {}) => this.#read(wire, encode(request), options);
    }
    return (requests: AsyncIterable<Init>, options = {}) => this.#converse(wire, encode, requests, options);
  }

  async #unary(wire: WireMethod, request: Message, options: CallOptions): Promise<Message> {
    const limited = { ...options, deadline: options.deadline ?? this.#options.deadline ?? defaultDeadline };
    const { path, requestSerialize, responseDeserialize } = wire;
    return this.#single(path, limited, (metadata, settle) =>
      this.#transport.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, settle),
    );
  }

  async #collect(
    wire: WireMethod,
    encode: Encode,
    requests: AsyncIterable<Init>,
    options: CallOptions,
  ): Promise<Message> {
    const { path, requestSerialize, responseDeserialize } = wire;
    return this.#single(path, options, (metadata, settle) => {
      const call = this.#transport.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        metadata,
        settle,
      );
      sendRequests(call, requests, encode).catch((error: unknown) => {
        settle(error);
        call.cancel();
      });
      return call;
    });
  }

  #read(wire: WireMethod, request: Message, options: CallOptions): AsyncIterable<Message> {
    const { path, requestSerialize, responseDeserialize } = wire;
    return readResponses(this.#watch(options), () =>
      this.#transport.makeServerStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadataOf(options),
      ),
    );
  }

  #converse(
    wire: WireMethod,
    encode: Encode,
    requests: AsyncIterable<Init>,
    options: CallOptions,
  ): AsyncIterable<Message> {
    const { path, requestSerialize, responseDeserialize } = wire;
    return readResponses(this.#watch(options), () => {
      const call = this.#transport.makeBidiStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        metadataOf(options),
      );
      return Object.assign(call, { sending: sendRequests(call, requests, encode) });
    });
  }

  async #single(
    path: string,
    options: CallOptions,
    open: (metadata: Metadata, settle: (error: unknown, response?: Message) => void) => { cancel(): void },
  ): Promise<Message> {
    const watch = this.#watch(options);
    watch.refuseEnded();
    const { clock, onEnd } = this.#options;
    const begun = clock.monotonic();
    const ended = (status: number): void => onEnd?.({ path, status, milliseconds: clock.monotonic() - begun });
    return new Promise((resolve, reject) => {
      const call = open(metadataOf(options), (error, response) => {
        watch.end();
        if (error === null && response !== undefined) {
          ended(Code.OK);
          return resolve(response);
        }
        const failure = watch.explain(error);
        ended(failure.status);
        reject(failure);
      });
      watch.begin(() => call.cancel());
    });
  }

  #watch(options: CallOptions): CallWatch {
    const { clock, connectTimeout } = this.#options;
    return new CallWatch({
      clock,
      signal: options.signal,
      deadline: options.deadline,
      connectTimeout: connectTimeout ?? 10_000,
      connected: () => this.#transport.getChannel().getConnectivityState(false) === connectivityState.READY,
      address: this.#address,
      running: () => this.#running,
    });
  }
}

function metadataOf({ metadata = {}, deadline }: CallOptions): Metadata {
  const sent = new Metadata({ waitForReady: true });
  for (const [key, value] of Object.entries(metadata)) {
    sent.set(key, typeof value === 'string' ? value : Buffer.from(value));
  }
  // grpc-js would count the deadline on the machine's clock; ours is counted on the injected one, and the server is told.
  if (deadline !== undefined)
    sent.set('grpc-timeout', `${Math.min(Math.max(Math.ceil(deadline), 1), longestTimeout)}m`);
  return sent;
}

/** A client for one service over a connection of its own; disposing it closes the connection. */
export function createClient<S extends DescService>(
  service: S,
  options: GrpcConnectionOptions,
): GrpcClient<S> & Disposable {
  const connection = new GrpcConnection(options);
  return Object.assign(connection.client(service), { [Symbol.dispose]: () => connection.close() });
}

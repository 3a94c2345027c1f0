import type { Duplex } from 'node:stream';
import { Code, GrpcStatusError, invalidArgument } from '@kubewright/grpc';
import { silentLogger } from '@kubewright/core';
import type { Clock, Logger, Random } from '@kubewright/core';
import { HttpEndpoint, sendText } from '@kubewright/http';
import { criSdkErrors } from '../errors.js';
import type { AttachRequest, ExecRequest, PortForwardRequest } from '../generated/runtime/v1/cri_pb.js';
import { refuse } from './session/upgrade.js';
import type { Upgraded } from './session/upgrade.js';
import { serveSession } from './serve-session.js';
import type { StreamRequest } from './serve-session.js';
import type { StreamingRuntime } from './session/streaming-runtime.js';
import { Tickets } from './tickets.js';
import { cut, watchIdle } from './idle-watch.js';

const defaultIdle = 4 * 3_600_000;

export interface StreamingServerOptions {
  readonly runtime: StreamingRuntime;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  /** Where to listen. Default: 127.0.0.1, since the URLs carry no other credentials than their token. */
  readonly host?: string;
  /** Default: 0, any free port. */
  readonly port?: number;
  /** How long a connection may be silent, in milliseconds. Default: four hours. */
  readonly idleTimeout?: number;
}

/**
 * Hands out URLs and serves them. A URL is good for one connection within a minute, and at most 1,000 wait at once.
 */
export class StreamingServer {
  readonly #options: StreamingServerOptions;
  readonly #logger: Logger;
  readonly #tickets: Tickets<StreamRequest>;
  readonly #sockets = new Set<Duplex>();
  readonly #sessions = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #isStarted = false;
  #endpoint: HttpEndpoint | undefined;

  constructor(options: StreamingServerOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#tickets = new Tickets(options.clock, options.random);
  }

  /** Resolves once it listens. */
  async start(): Promise<void> {
    if (this.#isStarted || this.#stopping.signal.aborted) {
      throw criSdkErrors.STREAMING_STATE({ state: this.#stopping.signal.aborted ? 'stopped' : 'started already' });
    }
    this.#isStarted = true;
    const { host, port, clock } = this.#options;
    this.#endpoint = await HttpEndpoint.open({
      listen: { ...(host !== undefined && { host }), ...(port !== undefined && { port }) },
      clock,
      logger: this.#logger,
      // A request without an upgrade cannot carry streams.
      serve: (_incoming, outgoing) => {
        outgoing.setHeader('connection', 'close');
        sendText(outgoing, 400, 'this URL is for clients that upgrade to SPDY/3.1 or WebSocket');
        return Promise.resolve();
      },
      upgrade: (request, socket, head) => this.#upgrade({ request, socket, head }),
    });
  }

  /** Cuts the connections, tells running commands to stop, and waits for them. */
  async stop(): Promise<void> {
    this.#stopping.abort(criSdkErrors.STREAM_CLOSED({ reason: 'the server stopped' }));
    this.#tickets.clear();
    for (const socket of this.#sockets) cut(socket);
    await Promise.all([this.#endpoint?.abort(), Promise.allSettled(this.#sessions)]);
  }

  /** @throws INVALID_ARGUMENT where no stream is asked for, or a terminal with stderr. */
  exec(request: ExecRequest): { readonly url: string } {
    checkStreams(request);
    return { url: this.#url({ kind: 'exec', request }) };
  }

  /** @throws INVALID_ARGUMENT where no stream is asked for, or a terminal with stderr. */
  attach(request: AttachRequest): { readonly url: string } {
    checkStreams(request);
    return { url: this.#url({ kind: 'attach', request }) };
  }

  portForward(request: PortForwardRequest): { readonly url: string } {
    return { url: this.#url({ kind: 'portforward', request }) };
  }

  #url(request: StreamRequest): string {
    const isStopped = this.#stopping.signal.aborted;
    if (this.#endpoint === undefined || isStopped) {
      throw criSdkErrors.STREAMING_STATE({ state: isStopped ? 'stopped' : 'not started' });
    }
    const { address } = this.#endpoint;
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}/${request.kind}/${this.#tickets.issue(request)}`;
  }

  async #upgrade(upgraded: Upgraded): Promise<void> {
    const { request, socket } = upgraded;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const [, kind, token = ''] = /^\/(exec|attach|portforward)\/([\w-]+)(?:\?.*)?$/.exec(request.url ?? '') ?? [];
    const ticket = kind === undefined ? undefined : this.#tickets.redeem(token);
    if (ticket === undefined || ticket.kind !== kind) {
      return refuse(socket, 404, 'Not Found', 'this URL is unknown, was used already, or is older than a minute');
    }
    watchIdle(socket, this.#options.clock, this.#options.idleTimeout ?? defaultIdle);
    const gone = new AbortController();
    socket.once('close', () => gone.abort(criSdkErrors.STREAM_CLOSED({ reason: 'the client closed the connection' })));
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal]);
    const session = serveSession({ upgraded, ticket, signal, ...this.#options })
      .catch((error: unknown) => this.#logger.debug('a streaming session failed', { kind, error }))
      .finally(() => {
        this.#sessions.delete(session);
        this.#closeSoon(socket);
      });
    this.#sessions.add(session);
    await session;
  }

  /**
   * The client closes once it has read everything; one that does not is cut. What still waits here for a slow client is not
   * cut off: the idle watch is after a client that never reads.
   */
  #closeSoon(socket: Duplex): void {
    if (socket.destroyed) return;
    const begin = (): void => {
      const timer = this.#options.clock.setTimer(10_000, () => socket.destroy(), { ref: false });
      socket.once('close', () => timer.cancel());
    };
    if (socket.writableFinished) begin();
    else socket.once('finish', begin);
  }
}

function checkStreams({ stdin, stdout, stderr, tty }: ExecRequest | AttachRequest): void {
  if (tty && stderr) throw invalidArgument({ field: 'stderr', reason: 'must not be set together with tty' });
  if (!stdin && !stdout && !stderr) {
    throw new GrpcStatusError(Code.INVALID_ARGUMENT, 'one of stdin, stdout and stderr must be set');
  }
}

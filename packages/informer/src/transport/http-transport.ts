import { messageOf } from '@kubewright/core';
import type { Agent, Dispatcher } from 'undici';
import { informerErrors } from '../errors/informer-errors.js';
import { StaticCredentials } from './credentials.js';
import type { Credential, Credentials } from './credentials.js';
import type { ApiRequest, ApiResponse, Transport } from './transport.js';

export interface HttpTransportOptions {
  /** The API server's address, as `https://10.0.0.1:6443`; a path in it is put before every request's path. */
  readonly server: string;
  /** Certificates to trust instead of the machine's, PEM. */
  readonly ca?: string | undefined;
  /** The name to check the server's certificate against. Default: the host of `server`. */
  readonly tlsServerName?: string | undefined;
  /** Accepts any server certificate. Default: false. */
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** Default: none. */
  readonly credentials?: Credentials | undefined;
  /** Milliseconds until a connection must stand. Default: 10,000. */
  readonly connectTimeout?: number;
  /**
   * Milliseconds from a request's end to the head of its response. Default: 75,000, above the 60 s after which an API
   * server gives up on a request itself.
   */
  readonly headersTimeout?: number;
}

/** Seconds of silence after which the kernel probes a connection: a dead path is noticed within about 40 s (ten probes, one a second). */
const keepAliveProbeDelay = 30_000;

/**
 * Talks to an API server over HTTP/1.1, with one kept connection per open request. It never retries and does not limit how
 * long a body may stay silent: both are the business of its users.
 */
export class HttpTransport implements Transport {
  readonly host: string;
  readonly #options: HttpTransportOptions;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #credentials: Credentials;
  #isClosed = false;
  #agent: { readonly agent: Agent; readonly certificate: string | undefined } | undefined;

  constructor(options: HttpTransportOptions) {
    const url = URL.canParse(options.server) ? new URL(options.server) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) throw informerErrors.SERVER_URL({ url: options.server });
    this.#options = options;
    this.host = url.host;
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    this.#credentials = options.credentials ?? new StaticCredentials();
  }

  async send(request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse> {
    if (this.#isClosed) throw informerErrors.TRANSPORT_CLOSED({});
    signal?.throwIfAborted();
    // Loaded with the first request: who talks to a cluster in his own process never needs it.
    const undici = await import('undici');
    const credential = await this.#credentials.get(signal);
    signal?.throwIfAborted();
    if (this.#isClosed) throw informerErrors.TRANSPORT_CLOSED({});
    let refusal: { readonly error: unknown } | undefined;
    const agent = this.#agentFor(credential, undici.Agent);
    const dispatcher =
      request.beforeSending === undefined
        ? agent
        : agent.compose(asking(request.beforeSending, (error) => (refusal = { error })));
    const sent: Promise<Dispatcher.ResponseData> = dispatcher.request({
      origin: this.#origin,
      path: this.#prefix + request.path,
      method: request.method,
      headers: {
        ...request.headers,
        ...(credential.authorization !== undefined && { authorization: credential.authorization }),
      },
      body: request.body ?? null,
      ...(signal !== undefined && { signal }),
    });
    const response = await sent.catch((error: unknown) => {
      if (refusal !== undefined) throw refusal.error;
      signal?.throwIfAborted();
      if (this.#isClosed) throw informerErrors.TRANSPORT_CLOSED({});
      const problem = messageOf(error);
      throw informerErrors.CONNECTION({ method: request.method, path: request.path, problem }, { cause: error });
    });
    if (response.statusCode === 401) this.#credentials.invalidate();
    return { status: response.statusCode, headers: joinHeaders(response.headers), body: response.body };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#agent?.agent.destroy(informerErrors.TRANSPORT_CLOSED({}));
  }

  /** The connections belong to one client certificate; where it changes, open requests finish on the old ones. */
  #agentFor({ certificate }: Credential, AgentClass: typeof Agent): Agent {
    if (this.#agent !== undefined && this.#agent.certificate === certificate?.cert) return this.#agent.agent;
    const {
      ca,
      tlsServerName,
      insecureSkipTlsVerify,
      connectTimeout = 10_000,
      headersTimeout = 75_000,
    } = this.#options;
    const previous = this.#agent?.agent;
    const agent = new AgentClass({
      allowH2: false,
      headersTimeout,
      bodyTimeout: 0,
      keepAliveTimeout: 60_000,
      connect: {
        timeout: connectTimeout,
        keepAlive: true,
        keepAliveInitialDelay: keepAliveProbeDelay,
        ...(ca !== undefined && { ca }),
        ...(tlsServerName !== undefined && { servername: tlsServerName }),
        ...(insecureSkipTlsVerify === true && { rejectUnauthorized: false }),
        ...(certificate !== undefined && { cert: certificate.cert, key: certificate.key }),
      },
    });
    this.#agent = { agent, certificate: certificate?.cert };
    // A graceful close waits for the open watches of the old certificate; nobody has to wait for it here.
    void previous?.close();
    return agent;
  }
}

/** Asks `beforeSending` when a connection is there and the request is about to be put on it. */
function asking(beforeSending: () => void, refused: (error: unknown) => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch(options, {
      onRequestStart: (controller, context) => {
        try {
          beforeSending();
        } catch (error) {
          refused(error);
          controller.abort(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        handler.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...parts) => handler.onRequestUpgrade?.(...parts),
      onResponseStart: (...parts) => handler.onResponseStart?.(...parts),
      onResponseData: (...parts) => handler.onResponseData?.(...parts),
      onResponseEnd: (...parts) => handler.onResponseEnd?.(...parts),
      onResponseError: (...parts) => handler.onResponseError?.(...parts),
    });
}

function joinHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ');
  }
  return joined;
}

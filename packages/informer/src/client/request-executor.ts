import { StringDecoder } from 'node:string_decoder';
import { Utf8Decoder, coreErrors, messageOf } from '@kubewright/core';
import type { Clock, Counter, Histogram, Metrics, Span, Tracer } from '@kubewright/core';
import { informerErrors } from '../errors/informer-errors.js';
import type { ApiRequest, ApiResponse, Transport } from '../transport/transport.js';
import { statusErrorOf } from './response-status.js';
import { longestRetryAfter, retryAfterOf } from './retry-after.js';

export interface ExecutorOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly userAgent: string;
  readonly timeout: number;
  readonly maxResponseBytes: number;
  readonly onWarning: (text: string, request: ApiRequest) => void;
}

export interface ExecuteOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for everything; `Infinity` for streams. */
  readonly timeout?: number | undefined;
  /** Default: true. */
  readonly retry?: boolean;
}

/** How often a request is sent again at most: client-go's number. */
const maximalRetries = 10;
/** client-go's, in seconds. */
const buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
/** The wait before a GET whose connection broke is sent again. */
const reconnectDelay = 1000;

/**
 * Sends requests as client-go does: a 429 or 5xx is retried only if it tells when (Retry-After), a broken connection only
 * for GET. Everything else that is no success becomes a `StatusError`; so does an answer that asks for a longer wait than a
 * minute, or than the request has time: the caller learns at once what a retry would tell him too late.
 */
export class RequestExecutor {
  readonly #options: ExecutorOptions;
  readonly #requests: Counter;
  readonly #retries: Counter;
  readonly #duration: Histogram;
  readonly #host: string;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    const { metrics, transport } = options;
    this.#host = transport.host ?? '';
    this.#requests = metrics.counter({
      name: 'rest_client_requests_total',
      help: 'Requests by method, host and status code.',
      labelNames: ['code', 'method', 'host'],
    });
    this.#retries = metrics.counter({
      name: 'rest_client_request_retries_total',
      help: 'Requests sent again.',
      labelNames: ['code', 'verb', 'host'],
    });
    this.#duration = metrics.histogram({
      name: 'rest_client_request_duration_seconds',
      help: 'Time to the head of a response.',
      labelNames: ['verb', 'host'],
      buckets,
    });
  }

  /** Sends and reads the whole answer. */
  async json<T>(request: ApiRequest, options: ExecuteOptions = {}): Promise<T> {
    const text = await this.#withDeadline(request, options, async (signal) =>
      this.#text(request, await this.#send(request, signal, options), signal),
    );
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw informerErrors.RESPONSE_INVALID(
        { method: request.method, path: request.path, problem: 'it is not JSON' },
        { cause },
      );
    }
  }

  /** Sends and hands the body over as it comes; the deadline covers only the head. The signal goes on to end the body. */
  async stream(request: ApiRequest, options: ExecuteOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const head = new AbortController();
    const signal = options.signal === undefined ? head.signal : AbortSignal.any([options.signal, head.signal]);
    using _timer = this.#deadline(request, options.timeout ?? this.#options.timeout, head);
    const response = await this.#send(request, signal, options);
    return response.body;
  }

  async #withDeadline<T>(
    request: ApiRequest,
    options: ExecuteOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const ending = new AbortController();
    const signal = options.signal === undefined ? ending.signal : AbortSignal.any([options.signal, ending.signal]);
    using _timer = this.#deadline(request, options.timeout ?? this.#options.timeout, ending);
    return await work(signal);
  }

  #deadline(request: ApiRequest, milliseconds: number, controller: AbortController): Disposable | null {
    if (!Number.isFinite(milliseconds)) return null;
    const error = (): Error =>
      informerErrors.REQUEST_TIMEOUT({ method: request.method, path: pathOf(request), milliseconds });
    return this.#options.clock.setTimer(milliseconds, () => controller.abort(error()));
  }

  /** In a span for all its attempts, until the head of the answer is there. */
  #send(request: ApiRequest, signal: AbortSignal, options: ExecuteOptions): Promise<ApiResponse> {
    const { method } = request;
    const attributes = { 'http.request.method': method, 'url.path': pathOf(request), 'server.address': this.#host };
    return this.#options.tracer.span(method, { kind: 'client', attributes }, (span) =>
      this.#attempt(request, signal, options, span),
    );
  }

  async #attempt(request: ApiRequest, signal: AbortSignal, options: ExecuteOptions, span: Span): Promise<ApiResponse> {
    const { transport, clock, userAgent } = this.#options;
    const { method } = request;
    const host = this.#host;
    const { retry = true, timeout = this.#options.timeout } = options;
    const ends = clock.monotonic() + timeout;
    const full: ApiRequest = {
      ...request,
      headers: { accept: 'application/json', 'user-agent': userAgent, ...span.headers, ...request.headers },
    };
    for (let attempt = 0; ; attempt++) {
      const started = clock.monotonic();
      let response: ApiResponse;
      try {
        response = await transport.send(full, signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        this.#requests.increment({ code: '<error>', method, host });
        if (!retry || attempt >= maximalRetries || method !== 'GET' || !isBrokenConnection(error)) throw error;
        this.#retries.increment({ code: '<error>', verb: method, host });
        await clock.sleep(reconnectDelay, signal);
        continue;
      }
      const code = String(response.status);
      this.#requests.increment({ code, method, host });
      this.#duration.observe((clock.monotonic() - started) / 1000, { verb: method, host });
      span.setAttributes({ 'http.response.status_code': response.status, 'http.request.resend_count': attempt });
      this.#reportWarnings(response, request);
      if (response.status < 300) return response;
      const retryAfter = retryAfterOf(response, clock.now());
      const text = await this.#text(request, response, signal, new StringDecoder('utf8'));
      const mayRetry = retry && attempt < maximalRetries && (response.status === 429 || response.status >= 500);
      const isWorthIt =
        retryAfter !== undefined && retryAfter <= longestRetryAfter && clock.monotonic() + retryAfter * 1000 < ends;
      if (!mayRetry || !isWorthIt) throw statusErrorOf(response, text, clock.now());
      this.#retries.increment({ code, verb: method, host });
      await clock.sleep(retryAfter * 1000, signal);
    }
  }

  /** @param decoder - lenient for what says only why there was no success: such a text is shown, and never written back. */
  async #text(
    request: ApiRequest,
    response: ApiResponse,
    signal: AbortSignal,
    decoder: Utf8Decoder | StringDecoder = new Utf8Decoder(),
  ): Promise<string> {
    const { maxResponseBytes } = this.#options;
    const { method } = request;
    const path = pathOf(request);
    const parts: string[] = [];
    let size = 0;
    try {
      for await (const chunk of response.body) {
        size += chunk.byteLength;
        if (size > maxResponseBytes) throw informerErrors.RESPONSE_TOO_LARGE({ method, path, limit: maxResponseBytes });
        parts.push(decoder.write(chunk));
      }
      decoder.end();
    } catch (cause) {
      if (informerErrors.RESPONSE_TOO_LARGE.is(cause)) throw cause;
      signal.throwIfAborted();
      const problem = coreErrors.NOT_UTF8.is(cause) ? 'it is no UTF-8' : `it broke off (${messageOf(cause)})`;
      throw informerErrors.RESPONSE_INVALID({ method, path, problem }, { cause });
    }
    return parts.join('');
  }

  #reportWarnings(response: ApiResponse, request: ApiRequest): void {
    const header = response.headers['warning'];
    if (header === undefined) return;
    for (const [, text = ''] of header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)) {
      this.#options.onWarning(text.replaceAll(/\\(.)/g, '$1'), request);
    }
  }
}

function pathOf(request: ApiRequest): string {
  return request.path.split('?', 1)[0] ?? request.path;
}

/** Whether the connection was cut, as opposed to refused or never made: only then may a server not have seen the request. */
function isBrokenConnection(error: unknown): boolean {
  const broken = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if ('code' in cause && typeof cause.code === 'string' && broken.has(cause.code)) return true;
  }
  return false;
}

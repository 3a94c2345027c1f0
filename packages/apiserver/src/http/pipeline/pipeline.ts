/**
 * What every request goes through, however it arrived: who asks, whether he may, how many at a time, for how long; then
 * the handlers; and whatever they throw becomes a Status. Nothing that a client sends ends the server.
 */
import type { Duplex } from 'node:stream';
import { StatusError, statusErrors } from '@kubewright/api';
import { Clock, KubewrightError, Plugin, Random, Tracer, contributionsTo, inject, token } from '@kubewright/core';
import type { Contributions, Logger, Token } from '@kubewright/core';
import type { ApiRequest } from '@kubewright/informer';
import { Breather } from '../../async/breather.js';
import { deferred } from '../../async/deferred.js';
import { Authenticator } from '../../auth/authenticator.js';
import type { User } from '../../auth/authenticator.js';
import { Authorizer } from '../../auth/authorizer.js';
import type { Attributes } from '../../auth/authorizer.js';
import { impersonate } from '../../auth/impersonation.js';
import { SteadyLogger } from '../../steady-logger.js';
import { ResourceRegistry } from '../../registry/resource-registry.js';
import type { ServedResource } from '../../registry/served-resource.js';
import { bodyLimit } from '../server-request.js';
import { BodyStore } from './body-store.js';
import type { HeldBody } from './body-store.js';
import { RequestHandler, UpgradeHandler } from '../request-context.js';
import type { RequestContext } from '../request-context.js';
import { requestInfo } from '../request-info.js';
import type { RequestInfo } from '../request-info.js';
import { RequestMetrics } from './request-metrics.js';
import { RequestSlots } from './request-slots.js';
import { jsonResponse } from '../server-request.js';
import { shortStatus } from './short-status.js';
import type { ServerRequest, ServerResponse } from '../server-request.js';
import { YamlReader } from '../encoding/yaml-reader.js';

interface Services {
  readonly authenticators: Contributions<Authenticator>;
  readonly authorizers: Contributions<Authorizer>;
  readonly handlers: Contributions<RequestHandler>;
  readonly upgrades: Contributions<UpgradeHandler>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly yaml: YamlReader;
  readonly metrics: RequestMetrics;
  readonly tracer: Tracer;
  readonly registry: ResourceRegistry;
}

/** How many requests are served at a time. */
export interface RequestLimits {
  /** Reads and writes under way; more are answered 429. A quarter is kept for the system's own users. */
  readonly maxInFlight: { readonly reading: number; readonly mutating: number };
}

export const RequestLimits: Token<RequestLimits> = token('@kubewright/apiserver/RequestLimits');

/** A request that is no watch is answered 504 after so many milliseconds. */
const requestTimeout = 60_000;

/** The whole body must have arrived after so many milliseconds. */
const bodyTimeout = 30_000;

const reading = new Set(['get', 'list', 'watch', 'head', 'options']);

@Plugin({ name: 'request-pipeline' })
export class Pipeline {
  readonly #services: Services;
  readonly #breather: Breather;
  readonly #slots: RequestSlots;
  readonly #bodies = new BodyStore();

  constructor(
    @inject(contributionsTo(Authenticator)) authenticators: Contributions<Authenticator>,
    @inject(contributionsTo(Authorizer)) authorizers: Contributions<Authorizer>,
    @inject(contributionsTo(RequestHandler)) handlers: Contributions<RequestHandler>,
    @inject(contributionsTo(UpgradeHandler)) upgrades: Contributions<UpgradeHandler>,
    @inject(ResourceRegistry) registry: ResourceRegistry,
    @inject(YamlReader) yaml: YamlReader,
    @inject(RequestMetrics) metrics: RequestMetrics,
    @inject(Tracer) tracer: Tracer,
    @inject(RequestLimits) { maxInFlight }: RequestLimits,
    @inject(Clock) clock: Clock,
    @inject(Random) random: Random,
    @inject(SteadyLogger) logger: Logger,
  ) {
    this.#services = {
      authenticators,
      authorizers,
      handlers,
      upgrades,
      registry,
      yaml,
      metrics,
      tracer,
      clock,
      random,
      logger,
    };
    this.#breather = new Breather(clock);
    this.#slots = new RequestSlots(maxInFlight);
  }

  /** Answers a request. Never rejects, except with the signal's reason when the client is gone. */
  async serve(request: ServerRequest): Promise<ServerResponse> {
    const { clock, random } = this.#services;
    await this.#breather.breathe();
    request.signal.throwIfAborted();
    const started = clock.monotonic();
    const auditId = request.headers['audit-id'] ?? random.uuid();
    const warnings: string[] = [];
    let info: RequestInfo | undefined;
    let response: ServerResponse;
    try {
      const [path, search] = splitPath(request.path);
      const query = new URLSearchParams(search);
      info = requestInfo(request.method, path, query);
      response = await this.#answer(request, info, query, warnings);
    } catch (error) {
      request.signal.throwIfAborted();
      response = this.#failure(error);
    }
    const took = clock.monotonic() - started;
    this.#services.metrics.observe(info, this.#served(info), response.status, took, request);
    return {
      ...response,
      headers: { 'audit-id': auditId, 'cache-control': 'no-cache, private', ...warned(warnings), ...response.headers },
    };
  }

  /**
   * Takes a connection that asks for another protocol as far as the handlers.
   *
   * @throws StatusError where the user may not, or nobody serves it.
   */
  async upgrade(request: ServerRequest, socket: Duplex, head: Buffer): Promise<void> {
    const [path, search] = splitPath(request.path);
    const query = new URLSearchParams(search);
    const info = requestInfo(request.method, path, query);
    try {
      const user = await this.#userOf(request);
      await this.#authorize(user, info);
      const context = this.#context(request, info, query, user, []);
      for (const handler of this.#services.upgrades.all) {
        const taken = handler.upgrade(context, socket, head);
        if (taken !== undefined) return await taken;
      }
      throw statusErrors.unknownPath();
    } catch (error) {
      const { status, body } = this.#failure(error);
      socket.end(
        `HTTP/1.1 ${status} ${status === 403 ? 'Forbidden' : 'Error'}\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n${Buffer.from(body as Uint8Array).toString('utf8')}`,
      );
    }
  }

  async #answer(
    request: ServerRequest,
    info: RequestInfo,
    query: URLSearchParams,
    warnings: string[],
  ): Promise<ServerResponse> {
    const user = await this.#userOf(request);
    await this.#authorize(user, info);
    const context = this.#context(request, info, query, user, warnings);
    // After who asks is known: a stranger neither makes spans nor says what trace they belong to.
    const attributes = { 'http.request.method': request.method, 'url.path': splitPath(request.path)[0] };
    const options = { kind: 'server' as const, attributes, from: request.headers };
    return await this.#services.tracer.span(request.method, options, async (span) => {
      const response = await this.#handle(context).catch((error: unknown) => {
        request.signal.throwIfAborted();
        const failure = this.#failure(error);
        // As OpenTelemetry has it, what a client does wrong is no failure of the server.
        if (failure.status >= 500) span.recordError(error);
        return failure;
      });
      span.setAttributes({ 'http.response.status_code': response.status });
      return response;
    });
  }

  async #handle(context: RequestContext): Promise<ServerResponse> {
    const { info, request, user } = context;
    // A watch has a time limit of its own, and waits most of its life.
    if (info.verb === 'watch') return this.#route(context);
    const reads = reading.has(info.verb);
    // Who sends slowly takes his own time, not a slot.
    using held = this.#bodies.hold(user);
    const arrived = reads ? request : withBody(request, await this.#readBody(request, held));
    using _slot = this.#slots.take(reads ? 'reading' : 'mutating', user, info);
    using _counted = this.#services.metrics.inFlight(reads ? 'readOnly' : 'mutating');
    return await this.#within(requestTimeout, 'request did not complete', request.signal, (signal) =>
      this.#route({ ...context, request: arrived, signal }),
    );
  }

  #readBody(request: ServerRequest, held: HeldBody): Promise<Uint8Array> {
    return this.#within(bodyTimeout, 'the body did not arrive', request.signal, () =>
      request.body(bodyLimit, (bytes) => held.add(bytes)),
    );
  }

  /** What the work comes to; 504 where it takes longer than so many milliseconds. */
  async #within<T>(
    milliseconds: number,
    what: string,
    outer: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const late = new AbortController();
    using _timer = this.#services.clock.setTimer(milliseconds, () =>
      late.abort(statusErrors.timeout(`${what} within ${milliseconds / 1000} s`)),
    );
    const signal = AbortSignal.any([outer, late.signal]);
    return await unlessAborted(work(signal), signal);
  }

  #context(
    request: ServerRequest,
    info: RequestInfo,
    query: URLSearchParams,
    user: User,
    warnings: string[],
  ): RequestContext {
    return {
      request,
      info,
      query,
      user,
      signal: request.signal,
      authorize: (verb) => this.#demand(user, info, verb),
      yamlToJson: (text) => this.#services.yaml.toJson(text, user.name),
      warn(text) {
        if (!warnings.includes(text)) warnings.push(text);
      },
    };
  }

  /** The user whose rights count: whoever asks, or whom he is allowed to act as. */
  async #userOf(request: ServerRequest): Promise<User> {
    const user = request.user ?? (await this.#authenticate(request));
    return impersonate(request, user, this.#services.authorizers.all);
  }

  async #authenticate(request: ServerRequest): Promise<User> {
    const asked = { ...request, method: request.method as ApiRequest['method'] };
    for (const authenticator of this.#services.authenticators.all) {
      const user = await authenticator.authenticate(asked);
      if (user !== undefined) return user;
    }
    throw statusErrors.unauthorized();
  }

  async #authorize(user: User, info: RequestInfo): Promise<void> {
    await this.#demand(user, info, info.verb);
    // A WebSocket opens with GET, and what goes through it is no less than what a POST opens.
    if (opensStreams(info) && info.verb !== 'create') await this.#demand(user, info, 'create');
  }

  /** @throws 403 where no authorizer allows the verb. */
  async #demand(user: User, info: RequestInfo, verb: string): Promise<void> {
    const attributes = attributesOf(user, info, verb);
    let reason = '';
    for (const authorizer of this.#services.authorizers.all) {
      const decision = await authorizer.authorize(attributes);
      if (decision.allowed) return;
      reason ||= decision.reason;
    }
    throw forbidden(attributes, reason);
  }

  /** What is served under the request's path. */
  #served(info: RequestInfo | undefined): ServedResource | undefined {
    if (info?.kind !== 'resource') return undefined;
    return this.#services.registry.get(info.group, info.version, info.resource);
  }

  #route(context: RequestContext): Promise<ServerResponse> {
    for (const handler of this.#services.handlers.all) {
      const answer = handler.handle(context);
      if (answer !== undefined) return answer;
    }
    throw statusErrors.unknownPath();
  }

  #failure(error: unknown): ServerResponse {
    if (StatusError.is(error)) {
      const retry = error.retryAfterSeconds;
      const headers =
        retry !== undefined && [429, 503, 504, 500].includes(error.code) ? { 'retry-after': String(retry) } : {};
      return jsonResponse(error.code, shortStatus(error.toStatus()), headers);
    }
    this.#services.logger.error('a request failed unexpectedly', { error });
    // What went wrong inside may tell of files and hosts: only our own errors are made to be read by others.
    const why = KubewrightError.is(error) ? error.message : 'the server failed to answer the request';
    return jsonResponse(500, statusErrors.internalError(why).toStatus());
  }
}

/** The same request, whose body has arrived. */
function withBody(request: ServerRequest, bytes: Uint8Array): ServerRequest {
  return {
    ...request,
    body: (limit) =>
      bytes.length > limit ? Promise.reject(statusErrors.tooLarge(`limit is ${limit}`)) : Promise.resolve(bytes),
  };
}

function splitPath(path: string): [string, string] {
  const mark = path.indexOf('?');
  return mark < 0 ? [path, ''] : [path.slice(0, mark), path.slice(mark + 1)];
}

const streams = new Set(['attach', 'exec', 'portforward']);

function opensStreams(info: RequestInfo): boolean {
  return info.kind === 'resource' && info.group === '' && info.resource === 'pods' && streams.has(info.subresource);
}

function attributesOf(user: User, info: RequestInfo, verb: string): Attributes {
  if (info.kind === 'path') return { kind: 'path', user, verb, path: info.path };
  const { group, version, resource, subresource } = info;
  // Roles of a namespace may speak of the namespace itself.
  const namespace = group === '' && resource === 'namespaces' ? info.name : info.namespace;
  return {
    kind: 'resource',
    user,
    verb,
    group,
    version,
    resource,
    subresource,
    namespace,
    name: info.name || info.selectedName,
  };
}

function forbidden(attributes: Attributes, reason: string): StatusError {
  const tail = reason === '' ? '' : `: ${reason}`;
  const who = `User ${JSON.stringify(attributes.user.name)} cannot ${attributes.verb}`;
  if (attributes.kind === 'path')
    return statusErrors.forbidden(
      { group: '', resource: '' },
      '',
      `${who} path ${JSON.stringify(attributes.path)}${tail}`,
    );
  const { group, resource, subresource, namespace, name } = attributes;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return statusErrors.forbidden(
    { group, resource },
    name,
    `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}${tail}`,
  );
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = deferred<never>();
  const fail = (): void => reject(signal.reason);
  signal.addEventListener('abort', fail, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted]);
  } finally {
    // A combined signal with a listener lives as long as the longest of its sources: until the server stops.
    signal.removeEventListener('abort', fail);
  }
}

/** RFC 7234 warnings with the code for anything; quotes and control characters are kept out of the header. */
function warned(warnings: readonly string[]): Record<string, string> {
  if (warnings.length === 0) return {};
  const texts = warnings.map((text) => `299 - ${JSON.stringify(text.replace(/[^\x20-\x7e]/g, ' ').slice(0, 1024))}`);
  return { warning: texts.join(', ') };
}

/**
 * The server as one object: storage, cache, registry, store and pipeline put together. It serves inside the process at
 * once; listeners make it reachable from outside.
 */
import { MetricsRegistry, SystemClock, SystemRandom, silentLogger } from '@kubewright/core';
import type { KubeObject } from '@kubewright/api';
import type { Clock, Logger, Metrics, Random } from '@kubewright/core';
import type { Transport } from '@kubewright/informer';
import { RbacAuthorizer } from '../rbac/rbac-authorizer.js';
import { bootstrapObjects } from '../bootstrap/bootstrap-objects.js';
import { ServiceAllocator, kubernetesServiceAddress } from '../allocation/service-allocator.js';
import { AdmissionChain } from '../admission/admission.js';
import type { AdmissionPlugin } from '../admission/admission.js';
import { builtinAdmission } from '../admission/builtin-plugins.js';
import { RbacEscalation } from '../admission/plugins/rbac-escalation.js';
import type { Authenticator, User } from '../auth/authenticator.js';
import type { Authorizer } from '../auth/authorizer.js';
import { DefinitionController } from '../crd/definition-controller.js';
import { WatchCache } from '../cache/watch-cache.js';
import { DocumentHandler } from '../http/document-handler.js';
import { HealthChecks } from '../http/health.js';
import { Listener } from '../http/listener.js';
import type { ListenerOptions } from '../http/listener.js';
import { Pipeline } from '../http/pipeline.js';
import type { RequestHandler, UpgradeHandler } from '../http/request-context.js';
import { ReviewHandler } from '../http/review-handler.js';
import type { RequestInfo } from '../http/request-info.js';
import { RequestMetrics } from '../http/request-metrics.js';
import { ResourceHandler } from '../http/resource-handler.js';
import { SubresourceHandler } from '../http/subresources.js';
import { YamlReader } from '../http/yaml-reader.js';
import { makeBuiltinResources } from '../registry/builtin-resources.js';
import type { ServerRequest } from '../http/server-request.js';
import type { ServedResource } from '../registry/served-resource.js';
import { ResourceRegistry } from '../registry/resource-registry.js';
import { Compactor } from '../maintenance/compactor.js';
import { EventExpiry } from '../maintenance/event-expiry.js';
import type { Storage } from '../storage/storage.js';
import { ObjectReader } from '../store/object-reader.js';
import { ObjectStore } from '../store/object-store.js';
import { CachedRbac } from './cached-rbac.js';
import { createMissing } from './create-missing.js';
import { InProcessTransport } from './in-process-transport.js';
import { steadyLogger } from './steady-logger.js';

export interface ApiServerOptions {
  /** Where objects live. The server closes it when it stops. */
  readonly storage: Storage;
  /**
   * Asked in order. Default: none, so that only requests inside the process get in. Who shows no credential gets in where
   * an `AnonymousAuthenticator` is the last of them.
   */
  readonly authenticators?: readonly Authenticator[];
  /** Asked in order, before RBAC. Default: none. */
  readonly authorizers?: readonly Authorizer[];
  /** Whether the stored roles and bindings count. Default: true. */
  readonly rbac?: boolean;
  /** Run after the server's own. */
  readonly admission?: readonly AdmissionPlugin[];
  /** Names of the server's own plugins that do not run, as `ServiceAccount`. Default: none. */
  readonly disabledAdmission?: readonly string[];
  /** What must exist before anybody is served, in order; what exists already stays as it is. Default: namespaces, roles and the `kubernetes` Service. */
  readonly bootstrap?: readonly KubeObject[];
  /** Asked before the server's own. */
  readonly handlers?: readonly RequestHandler[];
  /** Take over connections for other protocols. Default: none. */
  readonly upgrades?: readonly UpgradeHandler[];
  /**
   * Requests of more than these numbers at a time are answered 429; a quarter is kept for administrators, nodes and the control
   * plane, and one user takes at most half of the rest. Default: 400 reads, 200 writes.
   */
  readonly maxInFlight?: { readonly reading: number; readonly mutating: number };
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  /** Where requests are counted; what it holds is served at `/metrics`. Default: a registry of the server's own. */
  readonly metrics?: Metrics;
}

const requestTimeout = 60_000;

export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #logger: Logger;
  readonly #yaml: YamlReader;
  readonly #stop = new AbortController();
  readonly #cache: WatchCache;
  readonly #registry: ResourceRegistry;
  readonly #store: ObjectStore;
  readonly #definitions: DefinitionController;
  readonly #pipeline: Pipeline;
  readonly #listeners: Listener[] = [];
  #address = '127.0.0.1:443';
  readonly #upkeep = new DisposableStack();
  #ready = false;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { storage, clock = new SystemClock(), random = new SystemRandom() } = options;
    const logger = (this.#logger = steadyLogger(options.logger ?? silentLogger));
    this.#yaml = new YamlReader(clock);
    this.#cache = new WatchCache(storage, clock, logger);
    const { authenticators = [] } = options;
    const source = new CachedRbac(this.#cache);
    const rbac = options.rbac === false ? undefined : new RbacAuthorizer(source);
    const authorizers = [...(options.authorizers ?? []), ...(rbac ? [rbac] : [])];
    const registry = (this.#registry = new ResourceRegistry(this.#cache));
    for (const resource of makeBuiltinResources(clock)) registry.add(resource);
    const objects = new ObjectReader(this.#cache);
    const disabled = options.disabledAdmission ?? [];
    const escalation = rbac ? [new RbacEscalation(rbac, source, authorizers)] : [];
    const own = [...builtinAdmission(objects, authorizers), ...escalation].filter(
      ({ name }) => !disabled.includes(name),
    );
    const admission = new AdmissionChain([...own, ...(options.admission ?? [])]);
    const hooks = new ServiceAllocator(objects, random);
    const store = (this.#store = new ObjectStore({ cache: this.#cache, clock, random, admission, hooks }));
    this.#definitions = new DefinitionController({ cache: this.#cache, registry, store, admission, clock, logger });
    const subresources = new SubresourceHandler({ store, registry, objects, admission });
    const health = new HealthChecks({
      etcd: () => (this.#stop.signal.aborted ? 'the storage is closed' : undefined),
      'informer-sync': () => (this.#ready ? undefined : 'the cache is being filled'),
      shutdown: () => (this.#stop.signal.aborted ? 'the server is stopping' : undefined),
    });
    const metrics = options.metrics ?? new MetricsRegistry();
    const requests = new RequestMetrics(metrics);
    const served = (info: RequestInfo | undefined): ServedResource | undefined =>
      info?.kind === 'resource' ? registry.get(info.group, info.version, info.resource) : undefined;
    this.#pipeline = new Pipeline({
      authenticators,
      authorizers,
      handlers: [
        ...(options.handlers ?? []),
        new ReviewHandler({ registry, authenticators, authorizers }),
        new ResourceHandler({ registry, store, admission, subresources }),
        new DocumentHandler({ registry, health, metrics, serverAddress: () => this.#address }),
      ],
      upgrades: options.upgrades ?? [],
      clock,
      random,
      logger,
      yaml: this.#yaml,
      maxInFlight: options.maxInFlight ?? { reading: 400, mutating: 200 },
      requestTimeout,
      observe: (info, status, milliseconds) => requests.observe(info, served(info), status, milliseconds),
    });
  }

  /** Resolves when all objects are read and requests can be served. */
  async start(): Promise<void> {
    await this.#cache.start();
    await createMissing(
      this.#registry,
      this.#store,
      this.#options.bootstrap ?? bootstrapObjects({ serviceAddress: kubernetesServiceAddress }),
    );
    await this.#definitions.start();
    const { storage, clock = new SystemClock() } = this.#options;
    this.#upkeep.use(new Compactor(storage, clock, this.#logger));
    this.#upkeep.use(new EventExpiry(this.#cache, clock));
    this.#ready = true;
  }

  /**
   * Opens a port. May be called several times.
   *
   * @returns the address that clients connect to.
   */
  async listen(options: ListenerOptions): Promise<string> {
    const { clock = new SystemClock() } = this.#options;
    const listener = await Listener.open(options, {
      clock,
      logger: this.#logger,
      serve: (request) => this.#pipeline.serve(this.#untilStop(request)),
      upgrade: (request, socket, head) => this.#pipeline.upgrade(this.#untilStop(request), socket, head),
    });
    this.#listeners.push(listener);
    const { address, port, family } = listener.address;
    this.#address = family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
    return `https://${this.#address}`;
  }

  /** Ends all requests, closes ports and the storage. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the API server has stopped'));
    this.#upkeep.dispose();
    await this.#definitions.stop();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await this.#yaml[Symbol.asyncDispose]();
    await this.#cache.close();
    await this.#options.storage.close();
  }

  #untilStop(request: ServerRequest): ServerRequest {
    return { ...request, signal: AbortSignal.any([request.signal, this.#stop.signal]) };
  }

  /** Requests inside the process in the name of a user. Authorization applies to them like to all others. */
  transport(user: User): Transport {
    return new InProcessTransport(this.#pipeline, user, this.#stop.signal);
  }
}

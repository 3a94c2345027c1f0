/** Everything that makes an API server, as plugins: what a host needs besides a `Storage` to be one. */
import type { KubeObject } from '@kubewright/api';
import { provide } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { AdmissionChain } from '../admission/admission.js';
import { builtinAdmission } from '../admission/plugins/builtin-plugins.js';
import { ServiceAllocator } from '../allocation/service-allocator.js';
import { AnonymousAuthenticator } from '../auth/anonymous-authenticator.js';
import { CertificateAuthenticator } from '../auth/certificate-authenticator.js';
import { UnknownTokenAuthenticator } from '../auth/token-authenticator.js';
import { WatchCache } from '../cache/watch-cache.js';
import { DefinitionController } from '../crd/definition-controller.js';
import { DocumentHandler } from '../http/endpoints/document-handler.js';
import { HealthChecks } from '../http/endpoints/health.js';
import { Pipeline, RequestLimits } from '../http/pipeline/pipeline.js';
import { RequestMetrics } from '../http/pipeline/request-metrics.js';
import { ResourceHandler } from '../http/endpoints/resource-handler.js';
import { ReviewHandler } from '../http/endpoints/review-handler.js';
import { ServerState } from '../http/server-state.js';
import { SubresourceHandler } from '../http/endpoints/subresources.js';
import { YamlReader } from '../http/encoding/yaml-reader.js';
import { SteadyLogger } from '../steady-logger.js';
import { Compactor } from '../maintenance/compactor.js';
import { EventExpiry } from '../maintenance/event-expiry.js';
import { RbacAuthorizer } from '../rbac/rbac-authorizer.js';
import { ObjectReader } from '../store/object-reader.js';
import { ObjectStore } from '../store/object-store.js';
import { ApiServer } from './api-server.js';
import { Bootstrap, BootstrapOptions } from './bootstrap.js';
import { BuiltinRegistry } from '../builtin/builtin-registry.js';
import { CachedRbac } from './cached-rbac.js';

export interface ApiServerOptions {
  /** What must exist before anybody is served, in order; what exists already stays as it is. Default: namespaces, roles and the `kubernetes` Service. */
  readonly bootstrap?: readonly KubeObject[];
  /**
   * Requests of more than these numbers at a time are answered 429; a quarter is kept for administrators, nodes and the control
   * plane, and one user takes at most half of the rest. Default: 400 reads, 200 writes.
   */
  readonly maxInFlight?: RequestLimits['maxInFlight'];
}

/**
 * The plugins of an API server. The host needs a `Storage` besides, and is of the level `serverLevel`.
 *
 * ```ts
 * const host = new Host({ levels: [serverLevel] }).use([MemoryStorage, apiServer(), MyAdmission]).without(ServiceAccountAdmission);
 * await host.start();
 * const transport = host.get(ApiServer).transport(user);
 * ```
 *
 * Admission plugins of its own come before those that are registered later; its authenticators, authorizers and handlers are
 * asked after all others. Who shows no credential gets in as `system:anonymous`; do without `AnonymousAuthenticator` where that
 * is not wanted.
 */
export function apiServer(options: ApiServerOptions = {}): readonly PluginLike[] {
  const { maxInFlight = { reading: 400, mutating: 200 }, bootstrap: objects } = options;
  return [
    {
      name: 'api-server-options',
      provides: [provide(RequestLimits, { value: { maxInFlight } }), provide(BootstrapOptions, { value: { objects } })],
    },
    SteadyLogger,
    ServerState,
    WatchCache,
    BuiltinRegistry,
    ObjectReader,
    ServiceAllocator,
    AdmissionChain,
    ObjectStore,
    SubresourceHandler,
    ...builtinAdmission,
    CertificateAuthenticator,
    UnknownTokenAuthenticator,
    AnonymousAuthenticator,
    CachedRbac,
    RbacAuthorizer,
    YamlReader,
    RequestMetrics,
    HealthChecks,
    Pipeline,
    ReviewHandler,
    ResourceHandler,
    DocumentHandler,
    Bootstrap,
    DefinitionController,
    Compactor,
    EventExpiry,
    ApiServer,
  ];
}

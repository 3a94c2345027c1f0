/** What is read and never written: discovery, OpenAPI, health, version, metrics. */
import { statusErrors } from '@kubewright/api';
import { Metrics, Plugin, exposition, inject, last } from '@kubewright/core';
import { Discovery } from '../../discovery/index.js';
import type { DiscoveryDocument, DiscoveredResource } from '../../discovery/index.js';
import { OpenApi } from '../../openapi/index.js';
import { ResourceRegistry } from '../../registry/resource-registry.js';
import { HealthChecks } from './health.js';
import { negotiate } from '../encoding/negotiation.js';
import { RequestHandler } from '../request-context.js';
import type { RequestContext } from '../request-context.js';
import { ServerState } from '../server-state.js';
import { bytesResponse, jsonResponse } from '../server-request.js';
import type { ServerResponse } from '../server-request.js';

/** The release whose behavior the server shows. */
export const kubernetesVersion = 'v1.36.0';
const protobufV2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** The first spelling of the same type, which clients up to 1.20 ask for. */
const oldProtobufV2 = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const paths = ['/api', '/apis', '/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];

@Plugin({ name: 'documents', contributes: [last(RequestHandler)] })
export class DocumentHandler implements RequestHandler {
  readonly #registry: ResourceRegistry;
  readonly #health: HealthChecks;
  readonly #metrics: Metrics;
  readonly #state: ServerState;
  #made: { readonly changes: number; readonly discovery: Discovery; readonly openApi: OpenApi } | undefined;

  constructor(
    @inject(ResourceRegistry) registry: ResourceRegistry,
    @inject(HealthChecks) health: HealthChecks,
    @inject(Metrics) metrics: Metrics,
    @inject(ServerState) state: ServerState,
  ) {
    this.#registry = registry;
    this.#health = health;
    this.#metrics = metrics;
    this.#state = state;
  }

  handle(context: RequestContext): Promise<ServerResponse> | undefined {
    const { info } = context;
    if (info.kind !== 'path') return undefined;
    const [root, first, second, ...rest] = info.path.split('/').filter((segment) => segment !== '');
    switch (root) {
      case undefined:
        return Promise.resolve(jsonResponse(200, { paths }));
      case 'api':
      case 'apis':
        return rest.length > 0 ? undefined : this.#discovery(context, root, first, second);
      case 'openapi':
        return this.#openApi(context, first, [second, ...rest].filter((segment) => segment !== undefined).join('/'));
      case 'version':
        return Promise.resolve(jsonResponse(200, versionInfo()));
      case 'healthz':
      case 'livez':
      case 'readyz':
        return Promise.resolve(this.#health.answer(root, first, context.query));
      case 'metrics':
        return Promise.resolve(this.#counted(context.request.headers['accept']));
      default:
        return undefined;
    }
  }

  #counted(accept: string | undefined): ServerResponse {
    const { contentType, body } = exposition(this.#metrics.collect(), accept);
    return bytesResponse(200, Buffer.from(body), contentType, { vary: 'Accept' });
  }

  async #discovery(
    context: RequestContext,
    root: string,
    first: string | undefined,
    second: string | undefined,
  ): Promise<ServerResponse> {
    const { discovery } = this.#current();
    const accept = context.request.headers['accept'];
    if (first === undefined) {
      const version = aggregatedVersion(accept);
      if (version !== undefined)
        return document(context, discovery.aggregated(root === 'api', version), aggregatedType(version));
      return document(context, root === 'api' ? discovery.legacyVersions() : discovery.groupList());
    }
    negotiate(accept, false, false);
    const found =
      root === 'api'
        ? discovery.resourceList('', first)
        : second === undefined
          ? discovery.group(first)
          : discovery.resourceList(first, second);
    if (found === undefined || (root === 'api' && second !== undefined)) throw statusErrors.unknownPath();
    return document(context, found);
  }

  async #openApi(context: RequestContext, version: string | undefined, path: string): Promise<ServerResponse> {
    const { openApi } = this.#current();
    if (version === 'v2' && path === '') {
      const accept = context.request.headers['accept'] ?? '';
      const protobuf = accept.includes(protobufV2) || accept.includes(oldProtobufV2);
      return document(
        context,
        await (protobuf ? openApi.protobufV2() : openApi.jsonV2()),
        protobuf ? protobufV2 : undefined,
      );
    }
    if (version !== 'v3') throw statusErrors.unknownPath();
    if (path === '') return document(context, openApi.indexV3());
    const found = await openApi.documentV3(path);
    if (found === undefined) throw statusErrors.unknownPath();
    const hash = context.query.get('hash');
    // An address with the right hash never changes its content.
    const immutable = hash !== null && hash === openApi.hashV3(path) ? { 'cache-control': 'public, immutable' } : {};
    return document(context, found, undefined, immutable);
  }

  /** Made anew when what is served has changed; what has not is taken over. */
  #current(): { readonly discovery: Discovery; readonly openApi: OpenApi } {
    const registry = this.#registry;
    if (this.#made?.changes !== registry.changes) {
      const resources = [...registry.all()].map(
        ({ schema, custom, storedVersion, ...resource }): DiscoveredResource => ({
          ...resource,
          storageVersion: storedVersion,
          ...(custom && schema !== undefined ? { schema } : {}),
        }),
      );
      this.#made = {
        changes: registry.changes,
        discovery: new Discovery(resources, this.#state.address),
        openApi: new OpenApi(resources, kubernetesVersion, this.#made?.openApi),
      };
    }
    return this.#made;
  }
}

function document(
  { request }: RequestContext,
  { body, etag }: DiscoveryDocument,
  contentType = 'application/json',
  headers: Readonly<Record<string, string>> = {},
): ServerResponse {
  const known = request.headers['if-none-match'];
  const common = { etag, vary: 'Accept', 'cache-control': 'public', ...headers };
  if (known !== undefined && known.split(',').some((each) => each.trim() === etag))
    return { status: 304, headers: common, body: new Uint8Array() };
  return bytesResponse(200, body, contentType, common);
}

/** The newest form of the aggregated document that the client takes. */
function aggregatedVersion(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  const wishes = (accept ?? '')
    .split(',')
    .filter((wish) => wish.includes('as=APIGroupDiscoveryList') && wish.includes('application/json'));
  if (wishes.some((wish) => /;\s*v=v2(;|\s|$)/.test(wish))) return 'v2';
  return wishes.some((wish) => /;\s*v=v2beta1(;|\s|$)/.test(wish)) ? 'v2beta1' : undefined;
}

function aggregatedType(version: string): string {
  return `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
}

function versionInfo(): object {
  const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
  return {
    major,
    minor,
    gitVersion: `${kubernetesVersion}+kubewright`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: 'node',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}

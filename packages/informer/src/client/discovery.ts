import type { Kind } from '@kubewright/api';
import type { ApiRequest } from '../transport/transport.js';
import type { RequestOptions } from './options.js';

/** What `/version` tells. */
export interface ServerVersion {
  readonly major: string;
  readonly minor: string;
  /** As `v1.36.2`. */
  readonly gitVersion: string;
  readonly platform?: string;
}

/** A kind that the server serves. */
export interface DiscoveredKind extends Kind {
  readonly verbs: readonly string[];
  /** As `status` and `scale`. */
  readonly subresources: readonly string[];
}

interface Requester {
  request<T>(request: ApiRequest, options?: RequestOptions): Promise<T>;
}

interface AggregatedDiscovery {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly { readonly version: string; readonly resources?: readonly AggregatedResource[] }[];
  }[];
}

interface AggregatedResource {
  readonly resource: string;
  readonly responseKind?: { readonly group?: string; readonly version?: string; readonly kind?: string };
  readonly scope: 'Namespaced' | 'Cluster';
  readonly singularResource?: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly { readonly subresource: string }[];
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** What a server is and serves. Nothing is remembered: ask again when kinds may have come or gone. */
export class Discovery {
  readonly #client: Requester;

  constructor(client: Requester) {
    this.#client = client;
  }

  serverVersion(options: RequestOptions = {}): Promise<ServerVersion> {
    return this.#client.request<ServerVersion>({ method: 'GET', path: '/version' }, options);
  }

  /** Every kind in every version, core group first, the server's preferred version of a group before the others. Needs Kubernetes 1.30 or newer. */
  async discover(options: RequestOptions = {}): Promise<DiscoveredKind[]> {
    const [core, groups] = await Promise.all(
      ['/api', '/apis'].map((path) =>
        this.#client.request<AggregatedDiscovery>({ method: 'GET', path, headers: { accept: aggregated } }, options),
      ),
    );
    return [...kindsOf(core), ...kindsOf(groups)];
  }
}

function* kindsOf(discovery: AggregatedDiscovery | undefined): Generator<DiscoveredKind, void> {
  for (const { metadata, versions = [] } of discovery?.items ?? []) {
    for (const { version, resources = [] } of versions) {
      for (const resource of resources) {
        yield {
          group: metadata?.name ?? '',
          version,
          kind: resource.responseKind?.kind ?? '',
          plural: resource.resource,
          singular: resource.singularResource ?? '',
          scope: resource.scope,
          shortNames: resource.shortNames ?? [],
          categories: resource.categories ?? [],
          verbs: resource.verbs,
          subresources: (resource.subresources ?? []).map(({ subresource }) => subresource),
        };
      }
    }
  }
}

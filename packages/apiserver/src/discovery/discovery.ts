/** The documents of discovery, in the old form of one per group and version, and in the aggregated form. */
import { createHash } from 'node:crypto';
import type { GroupVersionKind, Json, Schema } from '@kubewright/api';
import type { ApiResource, ApiSubresource } from '@kubewright/api/schemas';
import { compareGroups, compareVersions } from './versions.js';

/** A resource as far as clients are told of it: a built-in one, or one of a custom resource definition. */
export interface DiscoveredResource extends ApiResource {
  /** The schema that a custom resource's definition gives; absent for built-in kinds. */
  readonly schema?: Schema;
  /** The version that objects are stored in. Default: the resource's own. */
  readonly storageVersion?: string;
}

/** A document as it is sent. */
export interface DiscoveryDocument {
  readonly body: Buffer;
  /** Quoted, as the header holds it; changes with the body. */
  readonly etag: string;
}

export type AggregatedVersion = 'v2' | 'v2beta1';

interface GroupVersion {
  readonly version: string;
  readonly resources: DiscoveredResource[];
}

/** Made anew whenever what is served changes; each document is built when first asked for. */
export class Discovery {
  readonly #groups = new Map<string, GroupVersion[]>();
  readonly #documents = new Map<string, DiscoveryDocument>();
  readonly #serverAddress: string;

  /** @param serverAddress - host and port that `/api` tells clients of every network. */
  constructor(resources: Iterable<DiscoveredResource>, serverAddress: string) {
    this.#serverAddress = serverAddress;
    const collected = new Map<string, Map<string, DiscoveredResource[]>>();
    for (const resource of resources) {
      const versions = collected.get(resource.group) ?? new Map<string, DiscoveredResource[]>();
      collected.set(resource.group, versions);
      const list = versions.get(resource.version) ?? [];
      versions.set(resource.version, list);
      list.push(resource);
    }
    for (const group of [...collected.keys()].toSorted(compareGroups)) {
      const versions = [...(collected.get(group) ?? new Map<string, DiscoveredResource[]>())];
      const sorted = versions.toSorted(([left], [right]) => compareVersions(left, right));
      this.#groups.set(
        group,
        sorted.map(([version, list]) => ({
          version,
          resources: list.toSorted((one, other) => (one.plural < other.plural ? -1 : 1)),
        })),
      );
    }
  }

  /** `/api`. */
  legacyVersions(): DiscoveryDocument {
    return this.#document('/api', () => ({
      kind: 'APIVersions',
      versions: (this.#groups.get('') ?? []).map(({ version }) => version),
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: this.#serverAddress }],
    }));
  }

  /** `/apis`. */
  groupList(): DiscoveryDocument {
    return this.#document('/apis', () => ({
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: [...this.#groups.keys()].filter((group) => group !== '').map((group) => this.#groupJson(group)),
    }));
  }

  /** `/apis/GROUP`, or undefined where the group is not served. */
  group(name: string): DiscoveryDocument | undefined {
    if (name === '' || !this.#groups.has(name)) return undefined;
    return this.#document(`/apis/${name}`, () => ({ kind: 'APIGroup', apiVersion: 'v1', ...this.#groupJson(name) }));
  }

  /** `/api/v1` or `/apis/GROUP/VERSION`, or undefined where it is not served. */
  resourceList(group: string, version: string): DiscoveryDocument | undefined {
    const served = this.#groups.get(group)?.find((candidate) => candidate.version === version);
    if (!served) return undefined;
    const groupVersion = group === '' ? version : `${group}/${version}`;
    return this.#document(`/apis/${groupVersion}`, () => ({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion,
      resources: served.resources.flatMap(resourcesJson),
    }));
  }

  /** All of `/api` (`legacy`) or of `/apis` in one document. */
  aggregated(legacy: boolean, version: AggregatedVersion): DiscoveryDocument {
    return this.#document(`${version} ${String(legacy)}`, () => ({
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: [...this.#groups]
        .filter(([group]) => (group === '') === legacy)
        .map(([group, versions]) => groupDiscovery(group, versions)),
    }));
  }

  /** The groups that are served, in order; the core group is the empty name. */
  get groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  /** The versions of a group, the preferred one first. */
  versionsOf(group: string): readonly string[] {
    return (this.#groups.get(group) ?? []).map(({ version }) => version);
  }

  #groupJson(name: string): { name: string; versions: Json; preferredVersion: Json } {
    const versions = this.versionsOf(name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] ?? {} };
  }

  #document(key: string, build: () => Json): DiscoveryDocument {
    const known = this.#documents.get(key);
    if (known) return known;
    const body = Buffer.from(JSON.stringify(build()));
    const hash = createHash('sha512').update(body).digest('hex').toUpperCase();
    const document = { body, etag: `"${hash}"` };
    this.#documents.set(key, document);
    return document;
  }
}

function resourcesJson(resource: DiscoveredResource): Json[] {
  const { plural, singular, scope, kind, verbs, shortNames, categories } = resource;
  const namespaced = scope === 'Namespaced';
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(verbs.includes('list') && { storageVersionHash: storageVersionHash(resource) }),
  };
  return [main, ...resource.subresources.map((subresource) => subresourceJson(resource, subresource, namespaced))];
}

function subresourceJson(
  resource: DiscoveredResource,
  { name, kind, verbs }: ApiSubresource,
  namespaced: boolean,
): Json {
  const foreign = kind.group !== resource.group || kind.version !== resource.version;
  return {
    name: `${resource.plural}/${name}`,
    singularName: '',
    namespaced,
    ...(foreign && { group: kind.group, version: kind.version }),
    kind: kind.kind,
    verbs,
  };
}

/** Tells clients when the version that objects are stored in changes: the start of a hash over group, version and kind. */
export function storageVersionHash({ group, version, kind, storageVersion = version }: DiscoveredResource): string {
  const digest = createHash('sha256').update(`${group}/${storageVersion}/${kind}`).digest();
  return digest.subarray(0, 8).toString('base64');
}

function groupDiscovery(group: string, versions: readonly GroupVersion[]): Json {
  return {
    metadata: group === '' ? {} : { name: group },
    versions: versions.map(({ version, resources }) => ({
      version,
      resources: resources.map(resourceDiscovery),
      freshness: 'Current',
    })),
  };
}

function kindJson({ group, version, kind }: GroupVersionKind): Json {
  return { group, version, kind };
}

function resourceDiscovery(resource: DiscoveredResource): Json {
  const { plural, singular, scope, verbs, shortNames, categories, subresources } = resource;
  return {
    resource: plural,
    responseKind: kindJson(resource),
    scope,
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map(({ name, kind, verbs: own }) => ({
        subresource: name,
        responseKind: kindJson(kind),
        verbs: own,
      })),
    }),
  };
}

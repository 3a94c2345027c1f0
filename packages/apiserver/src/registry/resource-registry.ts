/**
 * Which resources the server serves at the moment, and what is known of each. Neighbours: `builtin` and `crd` put them in,
 * requests look them up.
 */
import { inject } from '@kubewright/core';
import { WatchCache } from '../cache/watch-cache.js';
import { errors } from '../errors.js';
import type { ServedResource } from './served-resource.js';

/** The resources that the server serves at this moment. CustomResourceDefinitions come and go while it runs. */
export class ResourceRegistry {
  readonly #cache: WatchCache;
  readonly #resources = new Map<string, ServedResource>();
  #changes = 0;

  constructor(@inject(WatchCache) cache: WatchCache) {
    this.#cache = cache;
  }

  /** Grows with every change: what was made of the registry is stale when it does. */
  get changes(): number {
    return this.#changes;
  }

  /** @throws DUPLICATE_RESOURCE where the same path is served already. */
  add(resource: ServedResource): void {
    const id = idOf(resource.group, resource.version, resource.plural);
    if (this.#resources.has(id)) throw errors.DUPLICATE_RESOURCE({ resource: id });
    this.#resources.set(id, resource);
    this.#changes++;
    const { strategy, prefix } = resource;
    // Selectors look at the stored form.
    if (resource.version === resource.storedVersion && strategy.selectableFieldNames.length > 0)
      this.#cache.resource(prefix).selectFields((object) => strategy.selectableFields(object));
  }

  remove(group: string, version: string, plural: string): void {
    if (this.#resources.delete(idOf(group, version, plural))) this.#changes++;
  }

  get(group: string, version: string, plural: string): ServedResource | undefined {
    return this.#resources.get(idOf(group, version, plural));
  }

  /** The resource in its stored version. */
  stored(group: string, plural: string): ServedResource | undefined {
    for (const resource of this.#resources.values())
      if (resource.group === group && resource.plural === plural && resource.version === resource.storedVersion)
        return resource;
    return undefined;
  }

  /** In the order in which they were added. */
  all(): Iterable<ServedResource> {
    return this.#resources.values();
  }
}

function idOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

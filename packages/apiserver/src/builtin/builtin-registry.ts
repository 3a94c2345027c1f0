import { Clock, Plugin, inject } from '@kubewright/core';
import { WatchCache } from '../cache/watch-cache.js';
import { ResourceRegistry } from '../registry/resource-registry.js';
import { makeBuiltinResources } from './builtin-resources.js';

/** A registry that has the built-in resources from the beginning. */
@Plugin({ name: 'resource-registry', provides: [ResourceRegistry] })
export class BuiltinRegistry extends ResourceRegistry {
  constructor(@inject(WatchCache) cache: WatchCache, @inject(Clock) clock: Clock) {
    super(cache);
    for (const resource of makeBuiltinResources(clock)) this.add(resource);
  }
}

import type { JsonObject } from '@kubewright/api';
import { Plugin, inject } from '@kubewright/core';
import { WatchCache } from '../cache/watch-cache.js';
import { parseObject } from '../object/object-bytes.js';
import { prefixEnd } from '../sorted-map/sorted-map.js';
import { storagePrefix } from '../registry/served-resource.js';

/** Reads stored objects of any resource for decisions of the server itself. What it returns is the caller's. */
@Plugin({ name: 'object-reader' })
export class ObjectReader {
  readonly #cache: WatchCache;

  constructor(@inject(WatchCache) cache: WatchCache) {
    this.#cache = cache;
  }

  /** @param namespace - empty for a cluster-scoped resource. */
  get(group: string, plural: string, namespace: string, name: string): JsonObject | undefined {
    const prefix = storagePrefix(group, plural);
    const key = namespace === '' ? prefix + name : `${prefix}${namespace}/${name}`;
    const object = this.#cache.resource(prefix).get(key);
    return object && parseObject(object.bytes);
  }

  /** @param namespace - empty for all. */
  *list(group: string, plural: string, namespace = ''): IterableIterator<JsonObject> {
    const prefix = storagePrefix(group, plural);
    const start = namespace === '' ? prefix : `${prefix}${namespace}/`;
    for (const object of this.#cache.resource(prefix).snapshot().range(start, prefixEnd(start)))
      yield parseObject(object.bytes);
  }
}

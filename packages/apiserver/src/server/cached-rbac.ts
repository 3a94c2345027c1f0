import { formatObjectKey } from '@kubewright/api';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '@kubewright/api/rbac/v1';
import { Plugin, inject } from '@kubewright/core';
import type { CachedObject } from '../cache/cached-object.js';
import type { ResourceCache } from '../cache/resource-cache.js';
import { WatchCache } from '../cache/watch-cache.js';
import { RbacSource } from '../rbac/rbac-authorizer.js';
import { storagePrefix } from '../registry/served-resource.js';
import { prefixEnd } from '../sorted-map/sorted-map.js';

/** The roles and bindings of the watch cache, each parsed once per revision. */
@Plugin({ name: 'rbac-source', provides: [RbacSource] })
export class CachedRbac implements RbacSource {
  readonly #cache: WatchCache;
  readonly #parsed = new WeakMap<CachedObject, object>();

  constructor(@inject(WatchCache) cache: WatchCache) {
    this.#cache = cache;
  }

  clusterRole(name: string): ClusterRole | undefined {
    return this.#one('clusterroles', name) as ClusterRole | undefined;
  }

  role(namespace: string, name: string): Role | undefined {
    return this.#one('roles', formatObjectKey({ namespace, name })) as Role | undefined;
  }

  clusterRoleBindings(): Iterable<ClusterRoleBinding> {
    return this.#all('clusterrolebindings', '') as Iterable<ClusterRoleBinding>;
  }

  roleBindings(namespace: string): Iterable<RoleBinding> {
    return this.#all('rolebindings', `${namespace}/`) as Iterable<RoleBinding>;
  }

  #one(plural: string, path: string): object | undefined {
    const resource = this.#resource(plural);
    const object = resource.get(resource.prefix + path);
    return object && this.#parse(object);
  }

  *#all(plural: string, path: string): Generator<object> {
    const resource = this.#resource(plural);
    const prefix = resource.prefix + path;
    for (const object of resource.range(prefix, prefixEnd(prefix))) yield this.#parse(object);
  }

  #resource(plural: string): ResourceCache {
    return this.#cache.resource(storagePrefix('rbac.authorization.k8s.io', plural));
  }

  #parse(object: CachedObject): object {
    let parsed = this.#parsed.get(object);
    if (parsed === undefined) {
      parsed = object.parse();
      this.#parsed.set(object, parsed);
    }
    return parsed;
  }
}

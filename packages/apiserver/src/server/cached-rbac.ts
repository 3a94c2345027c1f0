import { formatObjectKey } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '@kubewright/api/rbac/v1';
import { Plugin, inject } from '@kubewright/core';
import type { CachedObject } from '../cache/cached-object.js';
import { WatchCache } from '../cache/watch-cache.js';
import { typed } from '../object/object-bytes.js';
import { RbacSource } from '../rbac/rbac-authorizer.js';
import { storagePrefix } from '../registry/served-resource.js';
import { prefixEnd } from '../sorted-map/sorted-map.js';

/** The roles and bindings of the watch cache, each parsed once per revision. */
@Plugin({ name: 'rbac-source', provides: [RbacSource] })
export class CachedRbac implements RbacSource {
  readonly #clusterRoles: ParsedObjects<ClusterRole>;
  readonly #roles: ParsedObjects<Role>;
  readonly #clusterRoleBindings: ParsedObjects<ClusterRoleBinding>;
  readonly #roleBindings: ParsedObjects<RoleBinding>;

  constructor(@inject(WatchCache) cache: WatchCache) {
    this.#clusterRoles = new ParsedObjects(cache, 'clusterroles');
    this.#roles = new ParsedObjects(cache, 'roles');
    this.#clusterRoleBindings = new ParsedObjects(cache, 'clusterrolebindings');
    this.#roleBindings = new ParsedObjects(cache, 'rolebindings');
  }

  clusterRole(name: string): ClusterRole | undefined {
    return this.#clusterRoles.one(name);
  }

  role(namespace: string, name: string): Role | undefined {
    return this.#roles.one(formatObjectKey({ namespace, name }));
  }

  clusterRoleBindings(): Iterable<ClusterRoleBinding> {
    return this.#clusterRoleBindings.all('');
  }

  roleBindings(namespace: string): Iterable<RoleBinding> {
    return this.#roleBindings.all(`${namespace}/`);
  }
}

/** The objects of one RBAC resource. */
class ParsedObjects<T extends KubeObject> {
  readonly #cache: WatchCache;
  readonly #prefix: string;
  readonly #parsed = new WeakMap<CachedObject, T>();

  constructor(cache: WatchCache, plural: string) {
    this.#cache = cache;
    this.#prefix = storagePrefix('rbac.authorization.k8s.io', plural);
  }

  one(path: string): T | undefined {
    const object = this.#cache.resource(this.#prefix).get(this.#prefix + path);
    return object && this.#parse(object);
  }

  *all(path: string): Generator<T> {
    const prefix = this.#prefix + path;
    for (const object of this.#cache.resource(this.#prefix).range(prefix, prefixEnd(prefix))) yield this.#parse(object);
  }

  #parse(object: CachedObject): T {
    let parsed = this.#parsed.get(object);
    if (parsed === undefined) {
      parsed = typed<T>(object.parse());
      this.#parsed.set(object, parsed);
    }
    return parsed;
  }
}

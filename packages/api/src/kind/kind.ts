/**
 * Kinds: how group, version and kind name a type of object, what its resource is called, and whether its objects have a
 * namespace.
 */
import type { KubeObject } from '../meta/kube-object.js';

export interface GroupVersionKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  /** The plural, as `deployments`. */
  readonly resource: string;
}

export type Scope = 'Namespaced' | 'Cluster';

/**
 * Describes a kind of object: what client, informer, controller and server need to know to handle it. The type parameter
 * is the object's type, so `client.get(Deployment, …)` answers a Deployment.
 */
export interface Kind<T extends KubeObject = KubeObject> extends GroupVersionKind {
  readonly plural: string;
  readonly singular: string;
  readonly scope: Scope;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Never set: carries the object's type. */
  readonly object?: T;
}

/** The group and version of an `apiVersion`; the reverse of `apiVersionOf`. */
export function parseApiVersion(apiVersion: string): Pick<GroupVersionKind, 'group' | 'version'> {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(kind: Pick<GroupVersionKind, 'group' | 'version'>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

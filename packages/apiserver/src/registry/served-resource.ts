/**
 * A resource as this server serves it in one version: what discovery tells of it, and everything that a request for it
 * needs. Built-in kinds and custom resources become the same thing here.
 */
import type { JsonObject, Schema, SchemaResolver } from '@kubewright/api';
import type { ApiResource } from '@kubewright/api/schemas';
import type { FieldManager } from '../apply/index.js';
import type { CachedObject } from '../cache/cached-object.js';
import type { NameFormat } from '../kinds/index.js';
import type { Printer } from '../tables/index.js';
import type { Strategy } from '../strategy.js';

/** Between a served version and the one that is stored. Both directions make new objects or change the given one; neither fails. */
export interface Conversion {
  toStored(object: JsonObject): JsonObject;
  fromStored(object: JsonObject): JsonObject;
}

/** Where a resource keeps what its scale subresource shows: paths as `['spec', 'replicas']`. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** A selector object or its text; undefined: none is shown. */
  readonly selector: readonly string[] | undefined;
}

/** Rules of a resource that lives on after its finalizers are gone. Namespaces have their own list of finalizers in the specification. */
export interface DeletionRules {
  /** Added as the deletion begins. */
  readonly finalizer?: string;
  /** Changes the object as its deletion begins. */
  beginDeletion(object: JsonObject, now: string): void;
  /** Whether nothing but `metadata.finalizers` holds the object any more. */
  isFinished(object: JsonObject): boolean;
}

export interface ServedResource extends ApiResource {
  /** Whether a CustomResourceDefinition declares it. */
  readonly custom: boolean;
  /** All keys start with it: `/registry/GROUP/PLURAL/`. */
  readonly prefix: string;
  /** The schema of this version, where it is known. */
  readonly schema: Schema | undefined;
  readonly resolve: SchemaResolver;
  readonly strategy: Strategy;
  /** Of the status subresource. */
  readonly statusStrategy: Strategy;
  readonly nameFormat: NameFormat;
  readonly fieldManager: FieldManager;
  /** Undefined where this version is the stored one. */
  readonly conversion: Conversion | undefined;
  /** The version in which objects are stored. */
  readonly storedVersion: string;
  readonly printer: Printer;
  readonly scale: ScalePaths | undefined;
  readonly lifecycle: DeletionRules | undefined;
  /** Whether a delete answers the object itself rather than a Status. */
  readonly answersDeleted: boolean;
  /** Texts that every answer warns with, as for a deprecated version. */
  readonly warnings: readonly string[];
}

/** A stored object in the version of the resource, for its caller to change. */
export function servedObject(resource: Pick<ServedResource, 'conversion'>, stored: CachedObject): JsonObject {
  const object = stored.parse();
  return resource.conversion?.fromStored(object) ?? object;
}

/** The key of an object. Names are escaped where they are no printable ASCII; `%` cannot be part of a name. */
export function keyOf(resource: Pick<ServedResource, 'prefix' | 'scope'>, namespace: string, name: string): string {
  const own = /[^\x21-\x7e]/.test(name) ? encodeURIComponent(name) : name;
  return resource.scope === 'Namespaced' ? `${resource.prefix}${namespace}/${own}` : resource.prefix + own;
}

/** The common start of the keys of a collection. */
export function collectionPrefix(resource: Pick<ServedResource, 'prefix' | 'scope'>, namespace: string): string {
  return resource.scope === 'Namespaced' && namespace !== '' ? `${resource.prefix}${namespace}/` : resource.prefix;
}

export function storagePrefix(group: string, plural: string): string {
  return `/registry/${group === '' ? 'core' : group}/${plural}/`;
}

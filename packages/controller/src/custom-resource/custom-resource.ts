/**
 * Kinds of one's own as classes. `@CustomResource` names the kind; its spec and status classes tell the schema, from which
 * the CustomResourceDefinition is derived.
 */
import type { GroupVersionKind, Kind, KubeObject, Scope } from '@kubewright/api';
import type { ObjectMeta } from '@kubewright/api/meta/v1';
import { controllerErrors } from '../errors/controller-errors.js';
import type { Constructor } from './field-metadata.js';

/** The base of custom resource classes: the shape of their objects, for the compiler. Objects at run time are plain JSON. */
export abstract class CustomObject<Spec = unknown, Status = unknown> implements KubeObject {
  declare readonly apiVersion: string;
  declare readonly kind: string;
  declare readonly metadata: ObjectMeta;
  declare readonly spec: Spec;
  declare readonly status?: Status;
}

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  /** As `.status.readyReplicas`. */
  readonly jsonPath: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** Above 0: shown with `-o wide` only. Default: 0. */
  readonly priority?: number;
  readonly description?: string;
}

export interface CustomResourceOptions extends GroupVersionKind {
  /** The class of `spec`; without one the kind has no spec. */
  readonly spec?: Constructor;
  /** The class of `status`. With one the kind has a status subresource. Fields of a status are never required. */
  readonly status?: Constructor;
  /** Default: the kind in lower case, with an English plural's ending. */
  readonly plural?: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Default: `Namespaced`. */
  readonly scope?: Scope;
  readonly printerColumns?: readonly PrinterColumn[];
  /** The scale subresource: where the wanted and the observed number of replicas are. */
  readonly scale?: {
    readonly specReplicasPath: string;
    readonly statusReplicasPath: string;
    readonly labelSelectorPath?: string;
  };
}

export interface CustomResourceDescription<T extends KubeObject = KubeObject> extends Kind<T> {
  readonly options: CustomResourceOptions;
}

/** A custom resource class, or the description of a built-in kind. */
export type Resource<T extends KubeObject = KubeObject> = Kind<T> | (abstract new () => T);

const descriptions = new WeakMap<object, CustomResourceDescription>();

export function CustomResource(options: CustomResourceOptions): ClassDecorator {
  return (target) => {
    if (descriptions.has(target))
      throw controllerErrors.CLASS_DECORATED_TWICE({ className: target.name, decorator: 'CustomResource' });
    const singular = options.singular ?? options.kind.toLowerCase();
    descriptions.set(target, {
      group: options.group,
      version: options.version,
      kind: options.kind,
      singular,
      plural: options.plural ?? pluralOf(singular),
      scope: options.scope ?? 'Namespaced',
      shortNames: options.shortNames ?? [],
      categories: options.categories ?? [],
      options,
    });
  };
}

/** English endings as kubebuilder and others form them: `website` → `websites`, `policy` → `policies`, `gateway` → `gateways`. */
export function pluralOf(singular: string): string {
  if (/(s|x|z|ch|sh)$/.test(singular)) return `${singular}es`;
  return /[^aeiou]y$/.test(singular) ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}

/** What `@CustomResource` said of a class; undefined for other classes. */
export function customResourceOf<T extends KubeObject>(
  target: abstract new () => T,
): CustomResourceDescription<T> | undefined {
  return descriptions.get(target) as CustomResourceDescription<T> | undefined;
}

/** The kind behind a class or a description. Throws for a class that is no custom resource. */
export function kindOf<T extends KubeObject>(resource: Resource<T>): Kind<T> {
  if (typeof resource !== 'function') return resource;
  const description = customResourceOf(resource);
  if (description === undefined) throw controllerErrors.NOT_A_CUSTOM_RESOURCE({ className: resource.name });
  return description;
}

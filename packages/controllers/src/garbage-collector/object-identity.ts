import type { DeepReadonly } from '@kubewright/api';
import type { OwnerReference } from '@kubewright/api/meta/v1';

/** Where an object is, and which of all that ever were there. */
export interface ObjectIdentity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Undefined for what is in no namespace. */
  readonly namespace: string | undefined;
  readonly uid: string;
}

export type ReadonlyOwnerReference = DeepReadonly<OwnerReference>;

/** What an owner reference of an object in `namespace` points at. Whether the owner's kind has namespaces is not known here. */
export function referencedIdentity(
  { apiVersion, kind, name, uid }: ReadonlyOwnerReference,
  namespace: string | undefined,
): ObjectIdentity {
  return { apiVersion, kind, name, uid, namespace };
}

/** Whether a reference from `namespace` names this object in all its parts. A cluster-scoped owner may be named from anywhere. */
export function isNamedBy(
  owner: ObjectIdentity,
  { apiVersion, kind, name, uid }: ReadonlyOwnerReference,
  namespace: string | undefined,
): boolean {
  const sameParts = owner.apiVersion === apiVersion && owner.kind === kind && owner.name === name && owner.uid === uid;
  return sameParts && (owner.namespace === undefined || owner.namespace === namespace);
}

/** For keys of maps and for logs. */
export function describeIdentity({ apiVersion, kind, name, namespace, uid }: ObjectIdentity): string {
  return `${apiVersion} ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name} (${uid})`;
}

/**
 * Owner references: whose object an object is. The garbage collector deletes an object when its last owner is gone; of its owners
 * at most one is its controller.
 */
import { apiErrors } from '../errors.js';
import type { OwnerReference } from '../generated/meta/v1.js';
import type { DeepReadonly } from './deep-readonly.js';
import type { KubeObject } from './kube-object.js';

type Owner = DeepReadonly<KubeObject>;

/**
 * The reference by which `owner` owns an object.
 *
 * @param controller - whether it is the object's controller, whose deletion then waits for the object in a foreground delete.
 * @throws KW_API_OWNER_UNSAVED where the owner has no uid yet.
 */
export function ownerReference(
  owner: Owner,
  { controller = false }: { readonly controller?: boolean } = {},
): OwnerReference {
  const { name, uid } = owner.metadata;
  if (name === undefined || uid === undefined) throw apiErrors.OWNER_UNSAVED({ owner: describe(owner) });
  const reference = { apiVersion: owner.apiVersion, kind: owner.kind, name, uid };
  return controller ? { ...reference, controller: true, blockOwnerDeletion: true } : reference;
}

/** The reference of an object's controller, if it has one. */
export function controllerReference(object: Owner): DeepReadonly<OwnerReference> | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** Whether `owner` is among the object's owners, by uid: an owner created anew under the same name is another one. */
export function isOwnedBy(object: Owner, owner: Owner): boolean {
  const { uid } = owner.metadata;
  return uid !== undefined && (object.metadata.ownerReferences?.some((reference) => reference.uid === uid) ?? false);
}

/** Whether `owner` is the object's controller, by uid. */
export function isControlledBy(object: Owner, owner: Owner): boolean {
  const { uid } = owner.metadata;
  return uid !== undefined && controllerReference(object)?.uid === uid;
}

/**
 * Makes `owner` the controller of the object, in the object itself; a reference to it that is there already is brought up to
 * date in its place.
 *
 * @throws KW_API_ALREADY_CONTROLLED, KW_API_OWNER_UNSAVED, KW_API_CROSS_NAMESPACE_OWNER
 */
export function setControllerReference(object: KubeObject, owner: Owner): void {
  const reference = ownerReference(owner, { controller: true });
  const current = controllerReference(object);
  if (current !== undefined && current.uid !== reference.uid) {
    throw apiErrors.ALREADY_CONTROLLED({
      object: describe(object),
      owner: `${current.kind} '${current.name}'`,
      wanted: describe(owner),
    });
  }
  put(object, owner, reference);
}

/**
 * Adds `owner` to the owners of the object, in the object itself, without making it the controller.
 *
 * @throws KW_API_OWNER_UNSAVED, KW_API_CROSS_NAMESPACE_OWNER
 */
export function addOwnerReference(object: KubeObject, owner: Owner): void {
  if (!isOwnedBy(object, owner)) put(object, owner, ownerReference(owner));
}

/** Removes `owner` from the owners of the object, in the object itself. Answers whether it was there. */
export function removeOwnerReference(object: KubeObject, owner: Owner): boolean {
  if (!isOwnedBy(object, owner)) return false;
  const rest = object.metadata.ownerReferences?.filter((reference) => reference.uid !== owner.metadata.uid) ?? [];
  if (rest.length > 0) object.metadata.ownerReferences = rest;
  else delete object.metadata.ownerReferences;
  return true;
}

function put(object: KubeObject, owner: Owner, reference: OwnerReference): void {
  const { namespace } = owner.metadata;
  if (namespace !== undefined && namespace !== object.metadata.namespace) {
    throw apiErrors.CROSS_NAMESPACE_OWNER({ object: describe(object), owner: describe(owner) });
  }
  const references = object.metadata.ownerReferences ?? [];
  const index = references.findIndex(({ uid }) => uid === reference.uid);
  object.metadata.ownerReferences = index < 0 ? [...references, reference] : references.with(index, reference);
}

function describe({ kind, metadata }: Owner): string {
  const name = metadata.name ?? metadata.generateName ?? '';
  return `${kind} '${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${name}'`;
}

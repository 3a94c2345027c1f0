/**
 * Whose a child is, before something is applied to it: what is there under its name may belong to another object, or to
 * somebody who knows nothing of controllers. What was judged is also what is written to: each claim comes with the
 * precondition that makes the server refuse the write where something else is there by now.
 */
import { controllerReference, isControlledBy, objectKey } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import { controllerErrors } from '../errors/controller-errors.js';

/** What lets an apply through. Goes into the applied metadata. */
export interface Precondition {
  readonly uid?: string;
  readonly resourceVersion: string;
}

export interface ChildClaim {
  readonly precondition: Precondition;
  /** Whether the child is nobody's and becomes the owner's. */
  readonly adopts: boolean;
}

/**
 * A version that no object has: etcd gives its first write the revision 2. A server holds an apply's version against what
 * exists and not against what does not, so with this one it creates and never changes.
 */
const createOnly: Precondition = { resourceVersion: '1' };

/**
 * @param existing - what is under the child's name; undefined where nothing is.
 * @param adopt - whether what nobody controls may be taken.
 * @throws ALREADY_OWNED, NOT_ADOPTED
 */
export function claimChild(
  existing: DeepReadonly<KubeObject> | undefined,
  owner: DeepReadonly<KubeObject>,
  adopt: boolean,
): ChildClaim {
  if (existing === undefined) return { precondition: createOnly, adopts: false };
  const { uid, resourceVersion = '' } = existing.metadata;
  const precondition = { ...(uid !== undefined && { uid }), resourceVersion };
  if (isControlledBy(existing, owner)) return { precondition, adopts: false };
  const other = controllerReference(existing);
  const child = `${existing.kind} '${objectKey(existing)}'`;
  const wanted = `${owner.kind} '${objectKey(owner)}'`;
  if (other !== undefined)
    throw controllerErrors.ALREADY_OWNED({ child, owner: `${other.kind} '${other.name}' (uid ${other.uid})`, wanted });
  if (!adopt) throw controllerErrors.NOT_ADOPTED({ child, wanted });
  return { precondition, adopts: true };
}

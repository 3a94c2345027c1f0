/**
 * Makes an owner the controller of what its selector selects, and lets go of the rest, as client-go's controller-ref managers
 * do: for kinds whose children people may make or relabel by hand (pods, replica sets).
 */
import { isDeleting, isNotFound, ownerReference, statusErrors } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject, LabelSelector } from '@kubewright/api';
import type { SharedInformer } from '@kubewright/informer';
import type { ReconcileContext } from '../reconcile/reconcile-context.js';
import { controlledBy, orphans } from './ownership-index.js';
import { planAdoption } from './plan-adoption.js';

export interface ClaimOptions<O extends KubeObject, C extends KubeObject> {
  readonly owner: DeepReadonly<O>;
  readonly ownerKind: Kind<O>;
  /** Of the children's kind; those of the owner's namespace are looked at. */
  readonly children: SharedInformer<C>;
  readonly selector: LabelSelector;
}

/**
 * Adopts and releases, one write for each. Before the first adoption the owner is read live: an owner that is being deleted,
 * or was replaced by another of its name, must not take anything.
 *
 * @returns what the owner controls now.
 */
export async function claimChildren<O extends KubeObject, C extends KubeObject>(
  options: ClaimOptions<O, C>,
  ctx: ReconcileContext<O>,
): Promise<DeepReadonly<C>[]> {
  const { owner, children, selector } = options;
  const { uid, namespace }: DeepReadonly<KubeObject>['metadata'] = owner.metadata;
  const candidates = [...controlledBy(children, uid), ...orphans(children, namespace)];
  const { keep, adopt, release } = planAdoption(owner, selector, candidates);
  await Promise.all(release.map((child) => setOwners(children.kind, child, ownersWithout(child, owner), ctx)));
  if (adopt.length === 0) return [...keep];
  await checkOwner(options, ctx);
  const reference = ownerReference(owner, { controller: true });
  const adopted = await Promise.all(
    adopt.map((child) => setOwners(children.kind, child, [...ownersWithout(child, owner), reference], ctx)),
  );
  return [...keep, ...adopted.filter((child) => child !== undefined)];
}

/** @throws a conflict, which is retried quietly: the cache is behind, and an event will show why. */
async function checkOwner<O extends KubeObject, C extends KubeObject>(
  { owner, ownerKind }: ClaimOptions<O, C>,
  ctx: ReconcileContext<O>,
): Promise<void> {
  const { name = '', namespace, uid } = owner.metadata;
  const refuse = (reason: string): never => {
    throw statusErrors.conflict(
      { group: ownerKind.group, resource: ownerKind.plural },
      name,
      `nothing is adopted: ${reason}`,
    );
  };
  const live = await ctx.client.get(ownerKind, { name, namespace }, { signal: ctx.signal }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (live === undefined) return refuse('the owner is gone');
  if (live.metadata.uid !== uid) return refuse(`the owner was replaced by another (${live.metadata.uid})`);
  if (isDeleting(live)) refuse('the owner is being deleted');
}

function ownersWithout(
  child: DeepReadonly<KubeObject>,
  owner: DeepReadonly<KubeObject>,
): NonNullable<DeepReadonly<KubeObject>['metadata']['ownerReferences']> {
  return (child.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
}

/** Replaces the list of owners of just the revision that was looked at; undefined where the child is gone. */
async function setOwners<O extends KubeObject, C extends KubeObject>(
  kind: Kind<C>,
  child: DeepReadonly<C>,
  ownerReferences: readonly object[],
  ctx: ReconcileContext<O>,
): Promise<DeepReadonly<C> | undefined> {
  const { metadata }: DeepReadonly<KubeObject> = child;
  const { uid, resourceVersion } = metadata;
  try {
    return (await ctx.patch(kind, child, { metadata: { uid, resourceVersion, ownerReferences } })) as DeepReadonly<C>;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

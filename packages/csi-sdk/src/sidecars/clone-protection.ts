import { hasFinalizer } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { Controller, Reconciler, WatchesKind } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { cloningFinalizer, provisioningFinalizer } from './names.js';

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;

/** Lets a claim go that the provisioner held while a volume was copied from its own, when the last copy is made or given up. */
@Controller({ for: PersistentVolumeClaim, name: 'csi-clone-protection', reconcileDeleting: true })
@WatchesKind(PersistentVolumeClaim, (claim) => {
  const name = sourceClaimOf(claim);
  return name === undefined ? [] : [{ name, namespace: claim.metadata.namespace }];
})
export class CloneProtection extends Reconciler<PersistentVolumeClaim> {
  override async reconcile(claim: ReadonlyClaim, ctx: ReconcileContext<PersistentVolumeClaim>): Promise<void> {
    if (!hasFinalizer(claim, cloningFinalizer)) return;
    const { name, finalizers = [], resourceVersion } = claim.metadata;
    if (ctx.list(PersistentVolumeClaim).some((copy) => sourceClaimOf(copy) === name && isBeingMade(copy))) return;
    const rest = finalizers.filter((each) => each !== cloningFinalizer);
    await ctx.patch(PersistentVolumeClaim, claim, { metadata: { finalizers: rest, resourceVersion } });
  }
}

/** The claim whose volume is copied for this one. */
export function sourceClaimOf({ spec }: ReadonlyClaim): string | undefined {
  const { kind, name } = spec?.dataSourceRef ?? spec?.dataSource ?? {};
  return kind === PersistentVolumeClaim.kind ? name : undefined;
}

function isBeingMade(claim: ReadonlyClaim): boolean {
  return hasFinalizer(claim, provisioningFinalizer) || (!claim.spec?.volumeName && claim.status?.phase !== 'Lost');
}

import { hasFinalizer, isDeleting } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { Controller, Reconciler, WatchesKind, existsLive } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { cloningFinalizer, provisioningFinalizer } from '../driver/names.js';

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;

/**
 * Lets a claim go that the provisioner held while a volume was copied from its own, when the last copy is made or given up. A
 * claim that is not deleted is held for copies that have not begun, too; one that is deleted waits for those that have.
 */
@Controller({ for: PersistentVolumeClaim, name: 'csi-clone-protection', reconcileDeleting: true })
@WatchesKind(PersistentVolumeClaim, (claim) => {
  const name = sourceClaimOf(claim);
  return name === undefined ? [] : [{ name, namespace: claim.metadata.namespace }];
})
export class CloneProtection extends Reconciler<PersistentVolumeClaim> {
  override async reconcile(claim: ReadonlyClaim, ctx: ReconcileContext<PersistentVolumeClaim>): Promise<void> {
    if (!hasFinalizer(claim, cloningFinalizer)) return;
    const isCopy = (each: ReadonlyClaim): boolean => sourceClaimOf(each) === ctx.key.name && isBeingMade(each, claim);
    if (await existsLive(ctx, PersistentVolumeClaim, isCopy)) return;
    await ctx.removeFinalizer(PersistentVolumeClaim, claim, cloningFinalizer);
  }
}

/** The claim, of the same namespace, whose volume is copied for this one. */
export function sourceClaimOf({ metadata, spec }: ReadonlyClaim): string | undefined {
  const { kind, name, apiGroup = '' } = spec?.dataSourceRef ?? spec?.dataSource ?? {};
  const namespace = spec?.dataSourceRef?.namespace ?? metadata.namespace;
  const isClaim = kind === PersistentVolumeClaim.kind && apiGroup === '' && namespace === metadata.namespace;
  return isClaim ? name : undefined;
}

function isBeingMade(copy: ReadonlyClaim, source: ReadonlyClaim): boolean {
  if (hasFinalizer(copy, provisioningFinalizer)) return true;
  return !isDeleting(source) && !copy.spec?.volumeName && copy.status?.phase !== 'Lost';
}

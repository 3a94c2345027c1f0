/** The account `default` of every namespace. */
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { Namespace, ServiceAccount } from '@kubewright/api/core/v1';
import { Controller, Reconciler, WatchesKind } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';

const name = 'default';

/** Sees to it that every active namespace has the ServiceAccount `default`, which pods run as that name none. */
@Controller({ for: Namespace, name: 'serviceaccount-controller', concurrency: 1 })
@WatchesKind(ServiceAccount, ({ metadata }, { type }) =>
  type === 'deleted' && metadata.name === name ? [{ name: metadata.namespace ?? '' }] : [],
)
export class ServiceAccountController extends Reconciler<Namespace> {
  override async reconcile(
    { metadata, status }: DeepReadonly<Namespace>,
    ctx: ReconcileContext<Namespace>,
  ): Promise<void> {
    if (status?.phase === 'Terminating') return;
    const { name: namespace = '' } = metadata;
    if (ctx.get(ServiceAccount, { name, namespace }) !== undefined) return;
    try {
      await ctx.create(ServiceAccount, { metadata: { name, namespace } }, { owned: false });
    } catch (error) {
      // Somebody was faster, or the namespace is going.
      if (!isAlreadyExists(error) && !isNamespaceTerminating(error) && !isNotFound(error)) throw error;
    }
  }
}

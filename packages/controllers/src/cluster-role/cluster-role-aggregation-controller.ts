import type { DeepReadonly, ObjectKey } from '@kubewright/api';
import { ClusterRole } from '@kubewright/api/rbac/v1';
import { Cluster, Controller, Reconciler, Watches, isSemanticallyEqual } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { inject } from '@kubewright/core';
import type { InformerEvent, SharedInformer } from '@kubewright/informer';
import { mergeMap } from 'rxjs';
import type { Observable } from 'rxjs';
import { aggregatedRules, isSelected } from './aggregated-rules.js';

/** Keeps the rules of ClusterRoles that aggregate others, as `admin`, `edit` and `view` do. */
@Controller({ for: ClusterRole, name: 'clusterrole-aggregation-controller', concurrency: 5 })
@Watches((controller: ClusterRoleAggregationController) => controller.parts$, (key: ObjectKey) => [key])
export class ClusterRoleAggregationController extends Reconciler<ClusterRole> {
  constructor(@inject(Cluster) private readonly cluster: Cluster) {
    super();
  }

  override async reconcile(role: DeepReadonly<ClusterRole>, ctx: ReconcileContext<ClusterRole>): Promise<void> {
    if (role.aggregationRule === undefined) return;
    const rules = aggregatedRules(role, this.#roles.lister.list());
    if (isSemanticallyEqual(role.rules, rules)) return;
    const { name = '', uid } = role.metadata;
    // The uid keeps a role that was deleted meanwhile from being made anew. The rules of such a role are this controller's
    // alone, whoever wrote them.
    await ctx.apply<ClusterRole>(
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name, ...(uid !== undefined && { uid }) },
        rules,
      },
      { owned: false, force: true },
    );
  }

  /** The aggregating roles of which a changed role is a part, or was. */
  get parts$(): Observable<ObjectKey> {
    return this.#roles.events$.pipe(mergeMap((event) => this.#aggregating(event)));
  }

  get #roles(): SharedInformer<ClusterRole> {
    return this.cluster.informers.informer(ClusterRole);
  }

  #aggregating({ object, old }: InformerEvent<ClusterRole>): ObjectKey[] {
    const concerned = this.#roles.lister
      .list()
      .filter((role) => isSelected(role, object.metadata.labels) || isSelected(role, old?.metadata.labels));
    return concerned.map(({ metadata }) => ({ name: metadata.name ?? '' }));
  }
}

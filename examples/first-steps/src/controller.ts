import type { DeepReadonly } from '@kubewright/api';
import { ConfigMap, Namespace } from '@kubewright/api/core/v1';
import { Controller, Reconciler, connectTo, controllerHost } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { Host, runUntilSignal } from '@kubewright/core';
import { inCluster } from '@kubewright/informer';

@Controller({ for: Namespace, owns: [ConfigMap] })
export class SettingsController extends Reconciler<Namespace> {
  override async reconcile({ metadata }: DeepReadonly<Namespace>, ctx: ReconcileContext<Namespace>): Promise<void> {
    await ctx.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: metadata.name ?? '' },
      data: { team: metadata.labels?.['team'] ?? 'nobody' },
    });
  }
}

await runUntilSignal(new Host().use([connectTo(inCluster()), controllerHost, SettingsController]));

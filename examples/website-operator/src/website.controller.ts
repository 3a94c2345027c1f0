import type { DeepReadonly } from '@kubewright/api';
import { Deployment } from '@kubewright/api/apps/v1';
import { Service } from '@kubewright/api/core/v1';
import { Controller, Finalizer, Reconciler, condition, inject } from 'kubewright';
import type { ReconcileContext } from 'kubewright';
import { deploymentFor, serviceFor } from './children.js';
import { HostingApi } from './hosting-api.js';
import { Website } from './website.js';

@Controller({ for: Website, owns: [Deployment, Service] })
export class WebsiteController extends Reconciler<Website> {
  constructor(@inject(HostingApi) private readonly hosting: HostingApi) {
    super();
  }

  override async reconcile(site: DeepReadonly<Website>, ctx: ReconcileContext<Website>): Promise<void> {
    await this.hosting.register(site.metadata.uid ?? '');
    const deployment = await ctx.apply(deploymentFor(site));
    await ctx.apply(serviceFor(site));
    const readyReplicas = deployment.status?.readyReplicas ?? 0;
    const serving = readyReplicas >= site.spec.replicas;
    await ctx.status({ readyReplicas }, condition('Ready', serving, serving ? 'Serving' : 'Starting'));
  }

  @Finalizer('web.example.com/hosting')
  async release(site: DeepReadonly<Website>): Promise<void> {
    await this.hosting.delete(site.metadata.uid ?? '');
  }
}

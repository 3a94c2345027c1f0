import { Namespace } from '@kubewright/api/core/v1';
import { Controller, Kubewright, Reconciler, embedded } from 'kubewright';
import type { ReconcileContext } from 'kubewright';

@Controller({ for: Namespace })
class GreetingController extends Reconciler<Namespace> {
  async reconcile({ metadata }: Namespace, ctx: ReconcileContext<Namespace>): Promise<void> {
    ctx.logger.info(`hello, namespace ${metadata.name}`);
  }
}

await new Kubewright().connect(embedded()).use(GreetingController).start();

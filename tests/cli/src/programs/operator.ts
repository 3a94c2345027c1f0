/** A program for `kubewright dev`: it writes on each ConfigMap that asks for it which generation of the program saw it. */
import type { DeepReadonly } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import { Controller, Kubewright, Reconciler, embedded } from 'kubewright';
import type { ReconcileContext } from 'kubewright';

const generation = '1';

@Controller({ for: ConfigMap })
class MarkController extends Reconciler<ConfigMap> {
  override async reconcile(map: DeepReadonly<ConfigMap>, ctx: ReconcileContext<ConfigMap>): Promise<void> {
    const { labels, annotations } = map.metadata;
    if (labels?.['watch'] !== 'yes' || annotations?.['example.com/seen-by'] === generation) return;
    await ctx.patch(ConfigMap, map, { metadata: { annotations: { 'example.com/seen-by': generation } } });
  }
}

await new Kubewright().connect(embedded()).use(MarkController).start();
process.stdout.write(`operator ${generation} runs\n`);

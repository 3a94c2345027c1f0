import { controllerReference, isDeleting } from '@kubewright/api';
import { PersistentVolumeClaim, Pod } from '@kubewright/api/core/v1';
import { Controller, Reconciler } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { isPodFinished } from '../pods/pod-state.js';
import type { ReadonlyPod } from '../pods/pod-state.js';
import { ephemeralClaimName } from './claim-uses.js';

/** Makes the claims of generic ephemeral volumes. They belong to their pods, and the garbage collector takes them with these. */
@Controller({ for: Pod, owns: [PersistentVolumeClaim], name: 'ephemeral-volume-controller' })
export class EphemeralVolumeController extends Reconciler<Pod> {
  override async reconcile(pod: ReadonlyPod, ctx: ReconcileContext<Pod>): Promise<void> {
    if (isDeleting(pod) || isPodFinished(pod)) return;
    for (const { name: volumeName, ephemeral } of pod.spec?.volumes ?? []) {
      const template = ephemeral?.volumeClaimTemplate;
      if (template === undefined) continue;
      const name = ephemeralClaimName(pod, volumeName);
      const existing = ctx.get(PersistentVolumeClaim, { name });
      if (existing === undefined) {
        const { annotations = {}, labels = {} } = template.metadata ?? {};
        const metadata = { name, namespace: ctx.key.namespace ?? '', annotations, labels };
        await ctx.create(PersistentVolumeClaim, { metadata, spec: template.spec });
      } else if (controllerReference(existing)?.uid !== pod.metadata.uid) {
        const note = `PersistentVolumeClaim "${name}" is there already, and was not made for the pod`;
        ctx.event('Warning', 'FailedBinding', note);
      }
    }
  }
}

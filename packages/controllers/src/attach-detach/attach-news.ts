import type { EventInput } from '@kubewright/controller';
import type { ReadonlyPod } from '../pods/pod-state.js';
import type { NodePlan, NodeSurroundings, ReadonlyNode, WantedVolume } from './attach-plan.js';

/** What a pod's author is told about its volumes. */
export interface AttachNews extends EventInput {
  /** The same for the same news. */
  readonly id: string;
  readonly pod: ReadonlyPod;
}

/** What there is to tell about the volumes of a node. Pure. @param users - the pods that use a volume, wherever they are */
export function attachNews(
  { status }: ReadonlyNode,
  { wanted, attachments }: NodeSurroundings,
  { blocked, volumesAttached }: NodePlan,
  users: (volumeName: string) => readonly ReadonlyPod[],
): AttachNews[] {
  const before = new Set(status?.volumesAttached?.map(({ name }) => name));
  const reported = new Set(volumesAttached.map(({ name }) => name));
  const errors = new Map(
    attachments.map(({ object }) => [object.metadata.name, object.status?.attachError?.message] as const),
  );
  const failed = (volume: WantedVolume, note: (pod: ReadonlyPod) => string): AttachNews[] =>
    volume.pods.map((pod) => news(pod, 'Warning', 'FailedAttachVolume', note(pod)));
  return [
    ...blocked.flatMap(({ volume, nodes }) => {
      const others = users(volume.volumeName).filter(({ spec }) => nodes.includes(spec?.nodeName ?? ''));
      return failed(volume, (pod) => multiAttachNote(volume, pod, others));
    }),
    ...wanted.flatMap((volume) => {
      const message = errors.get(volume.attachmentName);
      return message ? failed(volume, () => `Volume "${volume.volumeName}" was not attached: ${message}`) : [];
    }),
    ...wanted
      .filter(({ uniqueName }) => reported.has(uniqueName) && !before.has(uniqueName))
      .flatMap(({ volumeName, pods }) =>
        pods.map((pod) => news(pod, 'Normal', 'SuccessfulAttachVolume', `Volume "${volumeName}" is attached`)),
      ),
  ];
}

/** Names no pod of another namespace: who reads the event may not know of it. */
function multiAttachNote({ volumeName }: WantedVolume, pod: ReadonlyPod, others: readonly ReadonlyPod[]): string {
  const near = others.filter(({ metadata }) => metadata.namespace === pod.metadata.namespace);
  const far = others.length - near.length;
  const users = [
    ...near.map(({ metadata }) => `pod ${metadata.name}`),
    ...(far > 0 ? [`${far} pods of other namespaces`] : []),
  ];
  const why = users.length > 0 ? `used on another node by ${users.join(', ')}` : 'still attached to another node';
  return `Multi-Attach error: volume "${volumeName}" can be on one node only, and is ${why}`;
}

function news(pod: ReadonlyPod, type: EventInput['type'], reason: string, note: string): AttachNews {
  return { id: JSON.stringify([pod.metadata.uid, reason, note]), pod, type, reason, note };
}

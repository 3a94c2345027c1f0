/** What to attach to a node and what to detach from it, decided from what is in the cluster and nothing else. */
import { isDeleting } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { AttachedVolume, Node } from '@kubewright/api/core/v1';
import type { VolumeAttachment } from '@kubewright/api/storage/v1';
import type { ReadonlyPod } from '../pods/pod-state.js';
import { attachmentName, driverVolumeOf } from './volume-names.js';

export type ReadonlyNode = DeepReadonly<Node>;
export type ReadonlyAttachment = DeepReadonly<VolumeAttachment>;

/** A volume that pods of one node use. */
export interface WantedVolume {
  /** Of the PersistentVolume. */
  readonly volumeName: string;
  /** As Node.status calls it. */
  readonly uniqueName: string;
  readonly attachmentName: string;
  readonly driver: string;
  /** Whether its access modes allow one node only. */
  readonly isExclusive: boolean;
  readonly pods: readonly ReadonlyPod[];
}

/** A VolumeAttachment of the node that has the name this controller gives. */
export interface KnownAttachment {
  readonly object: ReadonlyAttachment;
  /** Undefined where its volume is gone and the node's status does not tell either. */
  readonly uniqueName: string | undefined;
  /** When it was first seen without a pod, in milliseconds of a clock that never goes back. */
  readonly unwantedSince: number;
}

export interface NodeSurroundings {
  readonly wanted: readonly WantedVolume[];
  readonly attachments: readonly KnownAttachment[];
  /** The other nodes that a volume is, or is about to be, attached to. */
  readonly othersWith: (volume: WantedVolume) => readonly string[];
  /** On the clock of `unwantedSince`. */
  readonly now: number;
}

export interface Detachment {
  readonly attachment: ReadonlyAttachment;
  readonly uniqueName: string | undefined;
  /** The node will not say any more that it let go of the volume. */
  readonly isForced: boolean;
}

export interface NodePlan {
  readonly attach: readonly WantedVolume[];
  /** Wanted, and exclusively somebody else's. */
  readonly blocked: readonly { readonly volume: WantedVolume; readonly nodes: readonly string[] }[];
  readonly detach: readonly Detachment[];
  /** What the node may mount: the whole of its `status.volumesAttached`. */
  readonly volumesAttached: readonly AttachedVolume[];
  /** When the plan may become another by itself, in milliseconds from now. */
  readonly again?: number;
}

/** How long an unhealthy node has for unmounting what no pod uses any more; kube-controller-manager's. */
export const longestUnmount = 6 * 60_000;
const outOfService = 'node.kubernetes.io/out-of-service';

/** The plan for one node. Pure. */
export function planNode(node: ReadonlyNode, { wanted, attachments, othersWith, now }: NodeSurroundings): NodePlan {
  const wantedNames = new Set(wanted.map((volume) => volume.attachmentName));
  const inUse = new Set(node.status?.volumesInUse);
  const isOut = node.spec?.taints?.some(({ key }) => key === outOfService) ?? false;
  const detach: Detachment[] = [];
  const reported: string[] = [];
  let again: number | undefined;
  for (const { object, uniqueName, unwantedSince } of attachments) {
    if (isDeleting(object)) continue;
    if (!wantedNames.has(object.metadata.name ?? '')) {
      const left = unwantedSince + longestUnmount - now;
      const isMounted = uniqueName !== undefined && inUse.has(uniqueName);
      const isForced = isOut || (left <= 0 && !isReady(node));
      if (!isMounted || isForced) {
        detach.push({ attachment: object, uniqueName, isForced });
        continue;
      }
      if (left > 0) again = Math.min(again ?? left, left);
    }
    if (object.status?.attached === true && uniqueName !== undefined) reported.push(uniqueName);
  }
  const present = new Set(attachments.map(({ object }) => object.metadata.name));
  const missing = wanted.filter((volume) => !present.has(volume.attachmentName));
  const competing = missing.map((volume) => ({ volume, nodes: volume.isExclusive ? othersWith(volume) : [] }));
  return {
    attach: competing.filter(({ nodes }) => nodes.length === 0).map(({ volume }) => volume),
    blocked: competing.filter(({ nodes }) => nodes.length > 0),
    detach,
    // CSI has no device paths: the driver finds its devices itself.
    volumesAttached: reported.toSorted().map((name) => ({ name, devicePath: '' })),
    ...(again !== undefined && { again }),
  };
}

/** The unique name of an attachment whose volume is gone, where the node's status still has it. */
export function nameFromStatus({ metadata, status }: ReadonlyNode, attachment: ReadonlyAttachment): string | undefined {
  const names = [...(status?.volumesAttached ?? []).map(({ name }) => name), ...(status?.volumesInUse ?? [])];
  return names.find((name) => {
    const volume = driverVolumeOf(name);
    return volume !== undefined && attachmentName(volume, metadata.name ?? '') === attachment.metadata.name;
  });
}

function isReady({ status }: ReadonlyNode): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}

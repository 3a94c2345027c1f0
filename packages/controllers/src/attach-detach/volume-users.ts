import { controllerReference, formatObjectKey } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim, Pod } from '@kubewright/api/core/v1';
import { CSIDriver, VolumeAttachment } from '@kubewright/api/storage/v1';
import type { InformerFactory, SharedInformer } from '@kubewright/informer';
import type { ReadonlyClaim, ReadonlyVolume } from '../persistent-volumes/annotations.js';
import { claimUses } from '../persistent-volumes/claim-uses.js';
import type { ClaimUse } from '../persistent-volumes/claim-uses.js';
import { isPodFinished } from '../pods/pod-state.js';
import type { ReadonlyPod } from '../pods/pod-state.js';
import type { ReadonlyAttachment, WantedVolume } from './attach-plan.js';
import { attachmentName, isAttachmentName, uniqueVolumeName } from './volume-names.js';

const podsByNode = 'kubewright-pods-by-node';
const podsByClaim = 'kubewright-pods-by-claim';
const attachmentsByNode = 'kubewright-attachments-by-node';
const attachmentsByVolume = 'kubewright-attachments-by-volume';

const nodeOfPod = (pod: ReadonlyPod): readonly string[] => nodesOf([pod]);
const claimsOfPod = (pod: ReadonlyPod): readonly string[] =>
  claimUses(pod).map(({ name }) => formatObjectKey({ namespace: pod.metadata.namespace, name }));
const nodeOfAttachment = ({ spec }: ReadonlyAttachment): readonly string[] => [spec.nodeName];
const volumeOfAttachment = ({ spec }: ReadonlyAttachment): readonly string[] =>
  spec.source.persistentVolumeName === undefined ? [] : [spec.source.persistentVolumeName];

/** The nodes that pods with claims were assigned to. */
export function nodesOf(pods: readonly ReadonlyPod[]): string[] {
  return pods.flatMap((pod) => (pod.spec?.nodeName && claimUses(pod).length > 0 ? [pod.spec.nodeName] : []));
}

/** Who uses which volume where: from pods over their claims to volumes, and back. Reads caches by index. */
export class VolumeUsers {
  readonly #pods: SharedInformer<Pod>;
  readonly #attachments: SharedInformer<VolumeAttachment>;

  constructor(private readonly informers: InformerFactory) {
    this.#pods = informers.informer(Pod).addIndex(podsByNode, nodeOfPod).addIndex(podsByClaim, claimsOfPod);
    this.#attachments = informers
      .informer(VolumeAttachment)
      .addIndex(attachmentsByNode, nodeOfAttachment)
      .addIndex(attachmentsByVolume, volumeOfAttachment);
  }

  /** What the pods of a node need attached there. */
  wantedOn(nodeName: string): WantedVolume[] {
    const wanted = new Map<string, WantedVolume>();
    for (const pod of this.#pods.lister.list({ index: { name: podsByNode, value: nodeName } })) {
      if (isOver(pod)) continue;
      for (const use of claimUses(pod)) {
        const volume = this.#wantedBy(pod, use, nodeName);
        const pods = wanted.get(volume?.attachmentName ?? '')?.pods ?? [];
        if (volume !== undefined) wanted.set(volume.attachmentName, { ...volume, pods: [...pods, pod] });
      }
    }
    return [...wanted.values()];
  }

  /** The attachments of a node that have the names of this controller. */
  attachmentsOn(nodeName: string): ReadonlyAttachment[] {
    const found = this.#attachments.lister.list({ index: { name: attachmentsByNode, value: nodeName } });
    return found.filter((attachment) => this.isOwn(attachment));
  }

  isOwn({ metadata, spec }: ReadonlyAttachment): boolean {
    const name = metadata.name ?? '';
    const csi = this.volume(spec.source.persistentVolumeName)?.spec?.csi;
    return csi === undefined ? isAttachmentName(name) : name === attachmentName(csi, spec.nodeName);
  }

  /** The nodes that a volume is attached to, whoever attached it and however far that is. */
  nodesWith(volumeName: string): string[] {
    const found = this.#attachments.lister.list({ index: { name: attachmentsByVolume, value: volumeName } });
    return found.map(({ spec }) => spec.nodeName);
  }

  /** The nodes whose pods use a claim, or a volume. */
  nodesUsingClaim({ metadata }: ReadonlyClaim): string[] {
    return nodesOf(this.#users(metadata.namespace, metadata.name));
  }

  nodesUsingVolume(volume: ReadonlyVolume | undefined): string[] {
    return nodesOf(this.podsUsing(volume));
  }

  podsUsing(volume: ReadonlyVolume | undefined): ReadonlyPod[] {
    const { namespace, name } = volume?.spec?.claimRef ?? {};
    return name === undefined ? [] : this.#users(namespace, name);
  }

  volume(name = ''): ReadonlyVolume | undefined {
    return this.informers.informer(PersistentVolume).lister.get({ name });
  }

  #users(namespace: string | undefined, name: string | undefined): ReadonlyPod[] {
    return this.#pods.lister.list({ index: { name: podsByClaim, value: formatObjectKey({ namespace, name }) } });
  }

  #wantedBy(pod: ReadonlyPod, use: ClaimUse, nodeName: string): Omit<WantedVolume, 'pods'> | undefined {
    const key = { name: use.name, namespace: pod.metadata.namespace };
    const claim = this.informers.informer(PersistentVolumeClaim).lister.get(key);
    if (claim?.status?.phase !== 'Bound' || (use.ephemeral && !isMadeFor(claim, pod))) return undefined;
    const volume = this.volume(claim.spec?.volumeName);
    const csi = volume?.spec?.csi;
    if (csi === undefined || volume?.spec?.claimRef?.uid !== claim.metadata.uid) return undefined;
    const driver = this.informers.informer(CSIDriver).lister.get({ name: csi.driver });
    // A driver without an object of its own is asked to attach.
    if (driver?.spec.attachRequired === false) return undefined;
    return {
      volumeName: volume?.metadata.name ?? '',
      uniqueName: uniqueVolumeName(csi),
      attachmentName: attachmentName(csi, nodeName),
      driver: csi.driver,
      isExclusive: isExclusive(volume?.spec?.accessModes),
    };
  }
}

/** Nothing of the pod runs any more, and nothing of it will. */
function isOver(pod: ReadonlyPod): boolean {
  if (isPodFinished(pod)) return true;
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  return pod.metadata.deletionTimestamp !== undefined && !all.some(({ state }) => isRunning(state));
}

/** A container that is neither waiting nor terminated; one that says nothing counts as running. */
function isRunning(state: DeepReadonly<{ waiting?: object; terminated?: object }> | undefined): boolean {
  return state?.waiting === undefined && state?.terminated === undefined;
}

function isMadeFor(claim: ReadonlyClaim, { metadata }: ReadonlyPod): boolean {
  return controllerReference(claim)?.uid === metadata.uid;
}

/** Without access modes nobody knows, and the driver has to refuse. */
function isExclusive(modes: readonly string[] = []): boolean {
  return modes.length > 0 && !modes.includes('ReadWriteMany') && !modes.includes('ReadOnlyMany');
}

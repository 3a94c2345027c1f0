/** What the binder, provisioners and the scheduler tell each other by annotations of claims and volumes. */
import type { DeepReadonly } from '@kubewright/api';
import type { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import type { StorageClass } from '@kubewright/api/storage/v1';

export type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;
export type ReadonlyVolume = DeepReadonly<PersistentVolume>;
export type ReadonlyStorageClass = DeepReadonly<StorageClass>;

/** On a claim: both steps of the binding were made. What is missing from then on is lost. */
export const bindCompleted = 'pv.kubernetes.io/bind-completed';
/** On a claim or a volume: this side was chosen by the binder and not by its author. */
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
/** On a volume: the driver that made it, and that will delete it. */
export const provisionedBy = 'pv.kubernetes.io/provisioned-by';
/** On a claim whose class waits for its first consumer: the node that the scheduler chose. */
export const selectedNode = 'volume.kubernetes.io/selected-node';
/** On a claim: the driver that shall make its volume. The second name is what older provisioners look for. */
export const storageProvisioner = 'volume.kubernetes.io/storage-provisioner';
export const betaStorageProvisioner = 'volume.beta.kubernetes.io/storage-provisioner';
/** On a StorageClass: claims without a class get this one. */
export const defaultClass = 'storageclass.kubernetes.io/is-default-class';

/** The value of annotations that only say yes. */
export const yes = 'yes';

export function annotationOf({ metadata }: ReadonlyClaim | ReadonlyVolume, name: string): string | undefined {
  return metadata.annotations?.[name];
}

/** Whether a volume's claimRef names this claim. One written by hand has no uid, and means whatever claim has the name. */
export function isClaimedBy({ spec }: ReadonlyVolume, { metadata }: ReadonlyClaim): boolean {
  const reference = spec?.claimRef;
  return (
    reference?.name === metadata.name &&
    reference?.namespace === metadata.namespace &&
    (!reference?.uid || reference.uid === metadata.uid)
  );
}

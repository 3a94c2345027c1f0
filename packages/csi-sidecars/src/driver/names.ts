/** Annotations and finalizers that provisioners share with the binder and with each other. */

/** On a claim: the driver that shall make its volume. */
export const storageProvisioner = 'volume.kubernetes.io/storage-provisioner';
/** On a claim: the node that its consumer will run on. */
export const selectedNode = 'volume.kubernetes.io/selected-node';
/** On a claim: it was bound once. */
export const bindCompleted = 'pv.kubernetes.io/bind-completed';
/** On a volume: the driver that made it. */
export const provisionedBy = 'pv.kubernetes.io/provisioned-by';
/** On a volume: the secret to delete it with, as the class may be gone by then. */
export const deletionSecretName = 'volume.kubernetes.io/provisioner-deletion-secret-name';
export const deletionSecretNamespace = 'volume.kubernetes.io/provisioner-deletion-secret-namespace';
/** Keeps a PersistentVolume until its storage is deleted. */
export const volumeFinalizer = 'external-provisioner.volume.kubernetes.io/finalizer';
/** Keeps a claim from the moment when the driver may have made a volume for it, so that none is left that nobody knows of. */
export const provisioningFinalizer = 'csi.kubewright.dev/provisioning';
/** Keeps a claim while its volume is copied for another. */
export const cloningFinalizer = 'provisioner.storage.kubernetes.io/cloning-protection';
/** Keeps a VolumeSnapshot while a volume is made from it. */
export const restoringFinalizer = 'provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection';
/** On the content of a snapshot: `true` lets volumes of the other mode be made from it. */
export const allowModeChange = 'snapshot.storage.kubernetes.io/allow-volume-mode-change';
/** On a volume: the secret to modify it with, where that is not the one to expand it with. */
export const modifySecretName = 'volume.kubernetes.io/controller-modify-secret-name';
export const modifySecretNamespace = 'volume.kubernetes.io/controller-modify-secret-namespace';

/** Keeps a VolumeAttachment, and the volume that it is of, until the volume is detached. */
export function attacherFinalizer(driver: string): string {
  return `external-attacher/${driver.replaceAll('.', '-')}`;
}

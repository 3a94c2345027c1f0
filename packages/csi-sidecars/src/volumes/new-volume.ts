import { withFinalizers } from '@kubewright/controller';
import { Quantity } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import type { StorageClass } from '@kubewright/api/storage/v1';
import type { NewObject } from '@kubewright/informer';
import type { Volume } from '@kubewright/csi-sdk/v1';
import {
  deletionSecretName,
  deletionSecretNamespace,
  modifySecretName,
  modifySecretNamespace,
  provisionedBy,
  volumeFinalizer,
} from '../driver/names.js';
import { fileSystemOf, secretReference, variablesOf } from '../driver/parameters.js';
import { nodeAffinityOf } from './volume-topology.js';

export interface NewVolume {
  readonly driver: string;
  readonly claim: DeepReadonly<PersistentVolumeClaim>;
  readonly storageClass: DeepReadonly<StorageClass>;
  /** What the driver made. */
  readonly volume: Volume;
}

/** The name of a claim's volume, the same in the cluster and for the driver, however often it is made. */
export function volumeNameOf({ metadata }: DeepReadonly<PersistentVolumeClaim>): string {
  return `pvc-${metadata.uid}`;
}

/** The PersistentVolume for what a driver made; it belongs to the claim from the start. */
export function newVolume({ driver, claim, storageClass, volume }: NewVolume): NewObject<PersistentVolume> {
  const { accessModes = [], volumeMode = 'Filesystem', volumeAttributesClassName, resources } = claim.spec ?? {};
  const { parameters, mountOptions, reclaimPolicy = 'Delete' } = storageClass;
  const name = volumeNameOf(claim);
  const variables = variablesOf(claim, name);
  const secret = (step: string) => secretReference(parameters, step, variables);
  const deletion = secret('provisioner');
  const modification = secret('controller-modify');
  const references = {
    controllerPublishSecretRef: secret('controller-publish'),
    nodeStageSecretRef: secret('node-stage'),
    nodePublishSecretRef: secret('node-publish'),
    controllerExpandSecretRef: secret('controller-expand'),
    nodeExpandSecretRef: secret('node-expand'),
  };
  const fsType = volumeMode === 'Block' ? '' : fileSystemOf(parameters);
  const nodeAffinity = nodeAffinityOf(volume.accessibleTopology);
  const storage =
    volume.capacityBytes > 0n
      ? Quantity.of(volume.capacityBytes, 'BinarySI').toString()
      : (resources?.requests?.['storage'] ?? '0');
  const object: NewObject<PersistentVolume> = {
    metadata: {
      name,
      annotations: {
        [provisionedBy]: driver,
        ...(deletion && {
          [deletionSecretName]: deletion.name ?? '',
          [deletionSecretNamespace]: deletion.namespace ?? '',
        }),
        ...(modification && {
          [modifySecretName]: modification.name ?? '',
          [modifySecretNamespace]: modification.namespace ?? '',
        }),
      },
    },
    spec: {
      accessModes: [...accessModes],
      capacity: { storage },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        name: claim.metadata.name ?? '',
        namespace: claim.metadata.namespace ?? '',
        uid: claim.metadata.uid ?? '',
      },
      csi: {
        driver,
        volumeHandle: volume.volumeId,
        volumeAttributes: { ...volume.volumeContext },
        ...(fsType !== '' && { fsType }),
        ...Object.fromEntries(Object.entries(references).filter(([, reference]) => reference !== undefined)),
      },
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: storageClass.metadata.name ?? '',
      volumeMode,
      ...(volumeAttributesClassName && { volumeAttributesClassName }),
      ...(mountOptions && { mountOptions: [...mountOptions] }),
      ...(nodeAffinity && { nodeAffinity }),
    },
  };
  return withFinalizers(object, volumeFinalizer);
}

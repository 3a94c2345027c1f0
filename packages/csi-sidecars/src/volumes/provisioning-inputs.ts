import { isNotFound } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { Node } from '@kubewright/api/core/v1';
import type { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { CSINode, StorageClass, VolumeAttributesClass } from '@kubewright/api/storage/v1';
import type { ReconcileContext } from '@kubewright/controller';
import { messageOf } from '@kubewright/core';
import { GrpcStatusError } from '@kubewright/grpc';
import type { DriverInfo } from '../driver/driver-connection.js';
import { selectedNode } from '../driver/names.js';
import { volumeNameOf } from './new-volume.js';
import { readSecret, secretReference, variablesOf } from '../driver/parameters.js';
import { volumeSource } from './volume-source.js';
import type { SourceAnswer } from './volume-source.js';
import { topologyRequirement } from './volume-topology.js';
import type { TopologyRequirement } from './volume-topology.js';

/** What a volume is made with, read from objects that may go before the driver has answered. */
export interface ProvisioningInputs {
  readonly storageClass: DeepReadonly<StorageClass>;
  readonly source: Exclude<SourceAnswer, { readonly is: 'missing' | 'refused' }>;
  readonly mutableParameters: Record<string, string>;
  readonly secrets: Record<string, string>;
  /** Undefined where the driver chooses the place. */
  readonly accessibilityRequirements: TopologyRequirement | undefined;
}

/** Why they are not complete. */
export interface MissingInput {
  readonly missing: string;
  /** Waiting alone does not bring it. Default: false. */
  readonly isRefused?: boolean;
}

/** Everything that the volume of a claim is made with, or the first of it that is not there. */
export async function provisioningInputs(
  claim: DeepReadonly<PersistentVolumeClaim>,
  { name: driver, topology }: DriverInfo,
  ctx: ReconcileContext<PersistentVolumeClaim>,
): Promise<ProvisioningInputs | MissingInput> {
  const { client, signal } = ctx;
  const { storageClassName = '', volumeAttributesClassName: attributesName } = claim.spec ?? {};
  const storageClass = ctx.get(StorageClass, { name: storageClassName });
  if (storageClass?.provisioner !== driver) return { missing: `StorageClass "${storageClassName}" of ${driver}` };
  const source = await volumeSource(claim, driver, ctx);
  if (source.is === 'missing') return { missing: source.reason };
  if (source.is === 'refused') return { missing: source.reason, isRefused: true };
  const reference = secretReference(storageClass.parameters, 'provisioner', variablesOf(claim, volumeNameOf(claim)));
  try {
    const attributes = attributesName
      ? await client.get(VolumeAttributesClass, { name: attributesName }, { signal })
      : undefined;
    const secrets = await readSecret(client, reference, signal);
    const places = {
      driver,
      nodes: ctx.list(Node),
      csiNodes: ctx.list(CSINode),
      selectedNode: claim.metadata.annotations?.[selectedNode],
      allowed: storageClass.allowedTopologies,
    };
    const accessibilityRequirements = topology ? topologyRequirement(places) : undefined;
    const mutableParameters = { ...attributes?.parameters };
    return { storageClass, source, secrets, mutableParameters, accessibilityRequirements };
  } catch (error) {
    // No driver was asked yet: the one of gRPC's is that of a node where the driver has not registered.
    if (isNotFound(error) || GrpcStatusError.is(error)) return { missing: messageOf(error) };
    throw error;
  }
}

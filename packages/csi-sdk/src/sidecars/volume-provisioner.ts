import { Quantity, hasFinalizer, isAlreadyExists, isDeleting, isNotFound } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { Node, PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { CSINode, StorageClass, VolumeAttributesClass } from '@kubewright/api/storage/v1';
import { Controller, Reconciler, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { inject } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { Volume } from '../generated/csi/v1/csi_pb.js';
import { DriverConnection } from './driver-connection.js';
import type { DriverInfo } from './driver-connection.js';
import { isFinal, messageOf } from './failures.js';
import { provisioningFinalizer, selectedNode, storageProvisioner } from './names.js';
import { newVolume, volumeNameOf } from './new-volume.js';
import { driverParameters, fileSystemOf, readSecret, secretReference, variablesOf } from './parameters.js';
import { volumeCapabilities } from './volume-capabilities.js';
import { volumeSource } from './volume-source.js';
import type { SourceAnswer } from './volume-source.js';
import { topologyRequirement } from './volume-topology.js';

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;
type ReadonlyClass = DeepReadonly<StorageClass>;
type Context = ReconcileContext<PersistentVolumeClaim>;

/** How often a source or a class that is not there is looked for, in milliseconds. */
const searchPeriod = 1_000;

/**
 * Makes volumes for claims whose class names the driver. A claim is held by a finalizer while its volume is made: one that is
 * deleted meanwhile gets its volume all the same, which is then released and deleted like any other.
 */
@Controller({
  for: PersistentVolumeClaim,
  reads: [PersistentVolume, StorageClass, Node, CSINode],
  name: 'csi-provisioner',
  reconcileDeleting: true,
})
export class VolumeProvisioner extends Reconciler<PersistentVolumeClaim> {
  constructor(@inject(DriverConnection) private readonly driver: DriverConnection) {
    super();
  }

  override async reconcile(claim: ReadonlyClaim, ctx: Context): Promise<Outcome> {
    const asked = claim.metadata.annotations?.[storageProvisioner];
    if (asked === undefined) return undefined;
    const info = await this.driver.info(ctx.signal);
    if (asked !== info.name) return undefined;
    const storageClass = ctx.get(StorageClass, { name: claim.spec?.storageClassName ?? '' });
    const isMade = claim.spec?.volumeName || ctx.get(PersistentVolume, { name: volumeNameOf(claim) }) !== undefined;
    if (isMade) return release(claim, ctx);
    // Without the class nobody can say how the volume is made, so a claim that goes is let go.
    if (storageClass === undefined) return isDeleting(claim) ? release(claim, ctx) : requeueAfter(searchPeriod);
    if (storageClass.provisioner !== info.name || !isDue(claim, storageClass)) return undefined;
    const source = await volumeSource(claim, info.name, ctx);
    if (source.is === 'missing') {
      if (isDeleting(claim)) return release(claim, ctx);
      ctx.event('Normal', 'ProvisioningWaits', `Waiting for the source of the volume: ${source.reason}`);
      return requeueAfter(searchPeriod);
    }
    if (!hasFinalizer(claim, provisioningFinalizer)) {
      // The change brings the claim back here.
      if (!isDeleting(claim)) await writeFinalizers(claim, [...finalizersOf(claim), provisioningFinalizer], ctx);
      return undefined;
    }
    return this.#provision(claim, storageClass, source, info, ctx);
  }

  async #provision(
    claim: ReadonlyClaim,
    storageClass: ReadonlyClass,
    source: SourceAnswer,
    info: DriverInfo,
    ctx: Context,
  ): Promise<void> {
    let volume: Volume | undefined;
    try {
      volume = await this.#createVolume(claim, storageClass, source, info, ctx);
    } catch (error) {
      ctx.event('Warning', 'ProvisioningFailed', messageOf(error));
      // A secret or a class that is missing keeps no claim from going either.
      if (isDeleting(claim) && (isFinal(error) || isNotFound(error))) return release(claim, ctx);
      // There is no room on the node: the scheduler is to choose another.
      const isElsewhere = GrpcStatusError.is(error) && error.status === Code.RESOURCE_EXHAUSTED;
      if (isElsewhere && storageClass.volumeBindingMode === 'WaitForFirstConsumer') return release(claim, ctx, true);
      throw error;
    }
    try {
      const object = newVolume({ driver: info.name, claim, storageClass, volume });
      await ctx.create(PersistentVolume, object, { owned: false });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    ctx.event('Normal', 'ProvisioningSucceeded', `Made volume ${volumeNameOf(claim)}`);
    await release(claim, ctx);
  }

  async #createVolume(
    claim: ReadonlyClaim,
    storageClass: ReadonlyClass,
    source: SourceAnswer,
    info: DriverInfo,
    ctx: Context,
  ): Promise<Volume> {
    const { signal } = ctx;
    const { accessModes, volumeMode, resources, volumeAttributesClassName } = claim.spec ?? {};
    const { parameters, mountOptions, allowedTopologies: allowed } = storageClass;
    const name = volumeNameOf(claim);
    const fsType = fileSystemOf(parameters);
    const attributes = volumeAttributesClassName
      ? await ctx.client.get(VolumeAttributesClass, { name: volumeAttributesClassName }, { signal })
      : undefined;
    const places = {
      driver: info.name,
      nodes: ctx.list(Node),
      csiNodes: ctx.list(CSINode),
      selectedNode: claim.metadata.annotations?.[selectedNode],
      allowed,
    };
    const accessibilityRequirements = info.topology ? topologyRequirement(places) : undefined;
    const reference = secretReference(parameters, 'provisioner', variablesOf(claim, name));
    const { volume } = await this.driver.client.controller.createVolume(
      {
        name,
        capacityRange: { requiredBytes: bytesOf(resources?.requests), limitBytes: bytesOf(resources?.limits) },
        volumeCapabilities: volumeCapabilities({ accessModes, volumeMode, fsType, mountOptions }, info),
        parameters: driverParameters(parameters),
        secrets: await readSecret(ctx.client, reference, signal),
        mutableParameters: { ...attributes?.parameters },
        ...(source.is === 'content' && { volumeContentSource: source.source }),
        ...(accessibilityRequirements && { accessibilityRequirements }),
      },
      { signal },
    );
    if (volume === undefined) throw new GrpcStatusError(Code.UNKNOWN, 'the driver answered without a volume');
    return volume;
  }
}

/** Whether it is known where the volume shall be, or its making has begun. */
function isDue(claim: ReadonlyClaim, { volumeBindingMode }: ReadonlyClass): boolean {
  const isChosen = claim.metadata.annotations?.[selectedNode] !== undefined;
  return volumeBindingMode !== 'WaitForFirstConsumer' || isChosen || hasFinalizer(claim, provisioningFinalizer);
}

function bytesOf(amounts: Readonly<Record<string, string>> | undefined): bigint {
  return Quantity.parse(amounts?.['storage'] ?? '0').value();
}

function finalizersOf({ metadata }: ReadonlyClaim): readonly string[] {
  return metadata.finalizers ?? [];
}

/** Lets the claim go its way. @param elsewhere - takes the choice of the node back */
async function release(claim: ReadonlyClaim, ctx: Context, elsewhere = false): Promise<void> {
  if (!hasFinalizer(claim, provisioningFinalizer)) return;
  const annotations = elsewhere ? { [selectedNode]: null } : {};
  const rest = finalizersOf(claim).filter((name) => name !== provisioningFinalizer);
  await writeFinalizers(claim, rest, ctx, annotations);
}

async function writeFinalizers(
  claim: ReadonlyClaim,
  finalizers: readonly string[],
  ctx: Context,
  annotations: object = {},
): Promise<void> {
  const { resourceVersion } = claim.metadata;
  await ctx.patch(PersistentVolumeClaim, claim, { metadata: { finalizers, resourceVersion, annotations } });
}

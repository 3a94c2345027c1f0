import { Quantity, formatObjectKey, hasFinalizer, isAlreadyExists, isDeleting } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { Node, PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { CSINode, StorageClass } from '@kubewright/api/storage/v1';
import { Controller, Reconciler, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { inject } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { ObjectKey } from '@kubewright/informer';
import type { Volume } from '../generated/csi/v1/csi_pb.js';
import { DriverConnection } from './driver-connection.js';
import type { DriverInfo } from './driver-connection.js';
import { isFinal, messageOf } from './failures.js';
import { cloningFinalizer, provisioningFinalizer, selectedNode, storageProvisioner } from './names.js';
import { newVolume, volumeNameOf } from './new-volume.js';
import { driverParameters, fileSystemOf } from './parameters.js';
import { provisioningInputs } from './provisioning-inputs.js';
import type { ProvisioningInputs } from './provisioning-inputs.js';
import { volumeCapabilities } from './volume-capabilities.js';

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;
type Context = ReconcileContext<PersistentVolumeClaim>;

/** How often a source or a class that is not there is looked for, in milliseconds. */
const searchPeriod = 1_000;

/**
 * Makes volumes for claims whose class names the driver. A claim is held by a finalizer from before the driver is asked until
 * it has answered for certain: one that is deleted meanwhile gets its volume all the same, which is then released and deleted
 * like any other. What the volume is made with is remembered as long, since a class or a secret may go in between; where
 * that is lost with the process, the claim is held until they are there again, or somebody takes the finalizer off.
 */
@Controller({
  for: PersistentVolumeClaim,
  reads: [PersistentVolume, StorageClass, Node, CSINode],
  name: 'csi-provisioner',
  reconcileDeleting: true,
})
export class VolumeProvisioner extends Reconciler<PersistentVolumeClaim> {
  /** Of claims whose volume may have been made without an answer. */
  readonly #open = new Map<string, ProvisioningInputs>();
  /** Claims for which the driver said that it made nothing. */
  readonly #refused = new Set<string>();

  constructor(@inject(DriverConnection) private readonly driver: DriverConnection) {
    super();
  }

  override async reconcile(claim: ReadonlyClaim, ctx: Context): Promise<Outcome> {
    const asked = claim.metadata.annotations?.[storageProvisioner];
    if (asked === undefined) return undefined;
    const info = await this.driver.info(ctx.signal);
    if (asked !== info.name) return undefined;
    const isMade = claim.spec?.volumeName || ctx.get(PersistentVolume, { name: volumeNameOf(claim) }) !== undefined;
    if (isMade) return this.#release(claim, ctx);
    const isHeld = hasFinalizer(claim, provisioningFinalizer);
    // Nothing can have been made.
    if (isDeleting(claim) && (!isHeld || this.#refused.has(idOf(ctx.key)))) return this.#release(claim, ctx);
    if (!isHeld && !isDue(claim, ctx)) return undefined;
    const open = this.#open.get(idOf(ctx.key));
    if (open !== undefined) return this.#provision(claim, open, info, ctx);
    const inputs = await provisioningInputs(claim, info, ctx);
    if ('missing' in inputs) {
      const note = `Waiting for what the volume is made with: ${inputs.missing}`;
      ctx.event(isDeleting(claim) ? 'Warning' : 'Normal', 'ProvisioningWaits', note);
      return requeueAfter(searchPeriod);
    }
    if (inputs.source.is === 'content') await holdSource(inputs.source.claim, ctx);
    // The change brings the claim back here.
    if (!isHeld) return writeFinalizers(claim, [...finalizersOf(claim), provisioningFinalizer], ctx);
    return this.#provision(claim, inputs, info, ctx);
  }

  override forget(key: ObjectKey): void {
    this.#open.delete(idOf(key));
    this.#refused.delete(idOf(key));
  }

  async #provision(claim: ReadonlyClaim, inputs: ProvisioningInputs, info: DriverInfo, ctx: Context): Promise<void> {
    const { storageClass } = inputs;
    const id = idOf(ctx.key);
    let volume: Volume | undefined;
    try {
      volume = await this.#createVolume(claim, inputs, info, ctx);
    } catch (error) {
      ctx.event('Warning', 'ProvisioningFailed', messageOf(error));
      if (!isFinal(error)) throw error;
      this.#open.delete(id);
      this.#refused.add(id);
      if (isDeleting(claim)) return this.#release(claim, ctx);
      // There is no room on the node: the scheduler is to choose another.
      const isElsewhere = GrpcStatusError.is(error) && error.status === Code.RESOURCE_EXHAUSTED;
      if (isElsewhere && storageClass.volumeBindingMode === 'WaitForFirstConsumer')
        return this.#release(claim, ctx, true);
      throw error;
    }
    try {
      const object = newVolume({ driver: info.name, claim, storageClass, volume });
      await ctx.create(PersistentVolume, object, { owned: false });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    ctx.event('Normal', 'ProvisioningSucceeded', `Made volume ${volumeNameOf(claim)}`);
    await this.#release(claim, ctx);
  }

  async #createVolume(
    claim: ReadonlyClaim,
    inputs: ProvisioningInputs,
    info: DriverInfo,
    ctx: Context,
  ): Promise<Volume> {
    const { storageClass, source, secrets, mutableParameters, accessibilityRequirements } = inputs;
    const { accessModes, volumeMode, resources } = claim.spec ?? {};
    const { parameters, mountOptions } = storageClass;
    const fsType = fileSystemOf(parameters);
    // From here on nobody knows, until the driver answers.
    this.#open.set(idOf(ctx.key), inputs);
    this.#refused.delete(idOf(ctx.key));
    const { volume } = await this.driver.client.controller.createVolume(
      {
        name: volumeNameOf(claim),
        capacityRange: { requiredBytes: bytesOf(resources?.requests), limitBytes: bytesOf(resources?.limits) },
        volumeCapabilities: volumeCapabilities({ accessModes, volumeMode, fsType, mountOptions }, info),
        parameters: driverParameters(parameters),
        secrets,
        mutableParameters,
        ...(source.is === 'content' && { volumeContentSource: source.source }),
        ...(accessibilityRequirements && { accessibilityRequirements }),
      },
      { signal: ctx.signal },
    );
    if (volume === undefined) throw new GrpcStatusError(Code.UNKNOWN, 'the driver answered without a volume');
    return volume;
  }

  /** Lets the claim go its way. @param elsewhere - takes the choice of the node back */
  async #release(claim: ReadonlyClaim, ctx: Context, elsewhere = false): Promise<void> {
    if (hasFinalizer(claim, provisioningFinalizer)) {
      const annotations = elsewhere ? { [selectedNode]: null } : {};
      const rest = finalizersOf(claim).filter((name) => name !== provisioningFinalizer);
      await writeFinalizers(claim, rest, ctx, annotations);
    }
    this.forget(ctx.key);
  }
}

/** Whether it is known where the volume shall be. */
function isDue({ metadata, spec }: ReadonlyClaim, ctx: Context): boolean {
  if (metadata.annotations?.[selectedNode] !== undefined) return true;
  const storageClass = ctx.get(StorageClass, { name: spec?.storageClassName ?? '' });
  return storageClass?.volumeBindingMode !== 'WaitForFirstConsumer';
}

/** Keeps the claim that is copied, and the volume with it, until `CloneProtection` finds that it is not needed any more. */
async function holdSource(source: PersistentVolumeClaim | undefined, ctx: Context): Promise<void> {
  if (source === undefined || hasFinalizer(source, cloningFinalizer) || isDeleting(source)) return;
  await writeFinalizers(source, [...finalizersOf(source), cloningFinalizer], ctx);
}

function bytesOf(amounts: Readonly<Record<string, string>> | undefined): bigint {
  return Quantity.parse(amounts?.['storage'] ?? '0').value();
}

function finalizersOf({ metadata }: ReadonlyClaim): readonly string[] {
  return metadata.finalizers ?? [];
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

function idOf({ namespace = '', name }: ObjectKey): string {
  return formatObjectKey({ namespace, name });
}

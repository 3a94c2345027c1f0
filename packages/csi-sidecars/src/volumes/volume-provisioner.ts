import { Quantity, formatObjectKey, hasFinalizer, isAlreadyExists, isDeleting, isNotFound } from '@kubewright/api';
import type { DeepReadonly, ObjectKey } from '@kubewright/api';
import { Node, PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { CSINode, StorageClass } from '@kubewright/api/storage/v1';
import { Controller, Reconciler, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { inject, messageOf } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { Volume } from '@kubewright/csi-sdk/v1';
import { DriverConnection } from '../driver/driver-connection.js';
import type { DriverInfo } from '../driver/driver-connection.js';
import { isFinal } from '../driver/failures.js';
import { wrongOf } from './made-volume.js';
import { bindCompleted, provisioningFinalizer, selectedNode, storageProvisioner } from '../driver/names.js';
import { newVolume, volumeNameOf } from './new-volume.js';
import { driverParameters, fileSystemOf } from '../driver/parameters.js';
import { provisioningInputs } from './provisioning-inputs.js';
import type { ProvisioningInputs } from './provisioning-inputs.js';
import { holdSource, isSourceGoing, releaseSnapshot } from './source-protection.js';
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
  /** Of claims, by uid, whose volume may have been made without an answer. */
  readonly #open = new Map<string, ProvisioningInputs>();
  /** The uids of claims for which the driver said that it made nothing. */
  readonly #refused = new Set<string>();
  /** Which of them a name had last. */
  readonly #uids = new Map<string, string>();

  constructor(@inject(DriverConnection) private readonly driver: DriverConnection) {
    super();
  }

  override async reconcile(claim: ReadonlyClaim, ctx: Context): Promise<Outcome> {
    const asked = claim.metadata.annotations?.[storageProvisioner];
    if (asked === undefined) return undefined;
    const info = await this.driver.info(ctx.signal);
    if (asked !== info.name) return undefined;
    if (wasMade(claim, ctx)) return this.#release(claim, ctx);
    const { uid = '' } = claim.metadata;
    this.#know(ctx.key, uid);
    const isHeld = hasFinalizer(claim, provisioningFinalizer);
    // Nothing can have been made.
    if (isDeleting(claim) && (!isHeld || this.#refused.has(uid))) return this.#release(claim, ctx);
    if (!isHeld && !isDue(claim, ctx)) return undefined;
    const open = this.#open.get(uid);
    if (open !== undefined) return this.#provision(claim, open, info, ctx);
    if (await isNodeGone(claim, ctx)) {
      ctx.event('Warning', 'ProvisioningFailed', `Node "${nodeOf(claim)}" is gone: the claim waits for another one`);
      return this.#release(claim, ctx, true);
    }
    const inputs = await provisioningInputs(claim, info, ctx);
    if ('missing' in inputs) {
      const { missing, isRefused = false } = inputs;
      if (isRefused) ctx.event('Warning', 'ProvisioningFailed', `The volume cannot be made: ${missing}`);
      else {
        const note = `Waiting for what the volume is made with: ${missing}`;
        ctx.event(isDeleting(claim) ? 'Warning' : 'Normal', 'ProvisioningWaits', note);
      }
      return requeueAfter(searchPeriod);
    }
    // The change brings the claim back here.
    if (!isHeld) return void (await ctx.addFinalizer(PersistentVolumeClaim, claim, provisioningFinalizer));
    // After the claim: its hold is what the source's protection goes by.
    const { source } = inputs;
    if (source.is === 'content' && !(await holdSource(source.object, ctx))) return this.#release(claim, ctx);
    return this.#provision(claim, inputs, info, ctx);
  }

  override forget(key: ObjectKey): void {
    this.#know(key, undefined);
  }

  /** What is known of a claim is not of one that has its name later. */
  #know(key: ObjectKey, uid: string | undefined): void {
    const id = formatObjectKey(key);
    const last = this.#uids.get(id);
    if (last === uid) return;
    if (last !== undefined) this.#settle(last);
    if (uid === undefined) this.#uids.delete(id);
    else this.#uids.set(id, uid);
  }

  #settle(uid: string): void {
    this.#open.delete(uid);
    this.#refused.delete(uid);
  }

  async #provision(claim: ReadonlyClaim, inputs: ProvisioningInputs, info: DriverInfo, ctx: Context): Promise<void> {
    const { storageClass, source } = inputs;
    const { uid = '' } = claim.metadata;
    let volume: Volume | undefined;
    try {
      volume = await this.#createVolume(claim, inputs, info, ctx);
    } catch (error) {
      ctx.event('Warning', 'ProvisioningFailed', messageOf(error));
      if (!isFinal(error)) throw error;
      this.#open.delete(uid);
      this.#refused.add(uid);
      if (isDeleting(claim)) return this.#release(claim, ctx);
      // What is to go does not wait for an attempt that failed for good.
      if (source.is === 'content' && (await isSourceGoing(source.object, ctx))) return this.#release(claim, ctx);
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
      if (!isAlreadyExists(error)) {
        ctx.event(
          'Warning',
          'ProvisioningFailed',
          `The volume is made and cannot be written down: ${messageOf(error)}`,
        );
        throw error;
      }
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
    const { uid = '' } = claim.metadata;
    const capacity = { requiredBytes: bytesOf(resources?.requests), limitBytes: bytesOf(resources?.limits) };
    // From here on nobody knows, until the driver answers.
    this.#open.set(uid, inputs);
    this.#refused.delete(uid);
    const { volume } = await this.driver.client.controller.createVolume(
      {
        name: volumeNameOf(claim),
        ...((capacity.requiredBytes > 0n || capacity.limitBytes > 0n) && { capacityRange: capacity }),
        volumeCapabilities: volumeCapabilities({ accessModes, volumeMode, fsType, mountOptions }, info),
        parameters: driverParameters(parameters),
        secrets,
        mutableParameters,
        ...(source.is === 'content' && { volumeContentSource: source.source }),
        ...(accessibilityRequirements && { accessibilityRequirements }),
      },
      { signal: ctx.signal },
    );
    if (!volume?.volumeId) throw new GrpcStatusError(Code.UNKNOWN, 'the driver answered without a volume');
    const asked = { capacity, requirement: accessibilityRequirements, hasSource: source.is === 'content' };
    const wrong = wrongOf(volume, asked);
    if (wrong !== undefined) await this.#takeBack(volume, wrong, secrets, ctx);
    return volume;
  }

  /** Deletes a volume that is not what was asked for; nobody knows of it yet. @throws GrpcStatusError always */
  async #takeBack(
    { volumeId }: Volume,
    wrong: string,
    secrets: ProvisioningInputs['secrets'],
    { signal }: Context,
  ): Promise<never> {
    const text = `the driver made a volume that is not what was asked for: ${wrong}`;
    try {
      await this.driver.client.controller.deleteVolume({ volumeId, secrets }, { signal });
    } catch (cause) {
      throw new GrpcStatusError(Code.UNKNOWN, `${text}; and it was not deleted: ${messageOf(cause)}`, { cause });
    }
    throw new GrpcStatusError(Code.OUT_OF_RANGE, `${text}; it was deleted`);
  }

  /** Lets the claim go its way. @param elsewhere - takes the choice of the node back */
  async #release(claim: ReadonlyClaim, ctx: Context, elsewhere = false): Promise<void> {
    const isHeld = hasFinalizer(claim, provisioningFinalizer);
    if (isHeld) await releaseSnapshot(claim, ctx);
    const annotations = elsewhere ? { [selectedNode]: null } : {};
    if (isHeld) await ctx.removeFinalizer(PersistentVolumeClaim, claim, provisioningFinalizer, { annotations });
    else if (elsewhere) {
      const { resourceVersion } = claim.metadata;
      await ctx.patch(PersistentVolumeClaim, claim, { metadata: { resourceVersion, annotations } });
    }
    this.#settle(claim.metadata.uid ?? '');
  }
}

/** Whether the claim has a volume, or had one: then there is data that an empty one is no replacement for. */
function wasMade(claim: ReadonlyClaim, ctx: Context): boolean {
  const { metadata, spec, status } = claim;
  if (spec?.volumeName || status?.phase === 'Lost' || metadata.annotations?.[bindCompleted] !== undefined) return true;
  return ctx.get(PersistentVolume, { name: volumeNameOf(claim) }) !== undefined;
}

function nodeOf({ metadata }: ReadonlyClaim): string | undefined {
  return metadata.annotations?.[selectedNode];
}

/** Whether the node that was chosen for the claim's consumer will never come: it was deleted. */
async function isNodeGone(claim: ReadonlyClaim, ctx: Context): Promise<boolean> {
  const name = nodeOf(claim);
  if (name === undefined || isDeleting(claim) || ctx.get(Node, { name }) !== undefined) return false;
  try {
    await ctx.client.get(Node, { name }, { signal: ctx.signal });
    return false;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

/** Whether it is known where the volume shall be. */
function isDue({ metadata, spec }: ReadonlyClaim, ctx: Context): boolean {
  if (metadata.annotations?.[selectedNode] !== undefined) return true;
  const storageClass = ctx.get(StorageClass, { name: spec?.storageClassName ?? '' });
  return storageClass?.volumeBindingMode !== 'WaitForFirstConsumer';
}

function bytesOf(amounts: Readonly<Record<string, string>> | undefined): bigint {
  return Quantity.parse(amounts?.['storage'] ?? '0').value();
}

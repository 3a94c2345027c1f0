import { compareResourceVersion, findCondition, formatObjectKey } from '@kubewright/api';
import type { DeepReadonly, ObjectKey } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { VolumeAttributesClass } from '@kubewright/api/storage/v1';
import { Controller, Reconciler, condition, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, inject, messageOf } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { ControllerServiceCapability_RPC_Type as Rpc } from '@kubewright/csi-sdk/v1';
import { DriverConnection } from '../driver/driver-connection.js';
import { isFinal, reasonOf } from '../driver/failures.js';
import { planModify } from './modify-plan.js';
import type { ModifyPlan } from './modify-plan.js';
import { modifySecretName, modifySecretNamespace } from '../driver/names.js';
import { readSecret } from '../driver/parameters.js';

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;
type ReadonlyVolume = DeepReadonly<PersistentVolume>;
type ReadonlyClass = DeepReadonly<VolumeAttributesClass>;
type Context = ReconcileContext<PersistentVolumeClaim>;
type Modify = Extract<ModifyPlan, { readonly do: 'modify' }>;

const modifying = 'ModifyingVolume';
const failed = 'ModifyVolumeError';
/** How often a class that is not there is looked for, in milliseconds. */
const searchPeriod = 5_000;
/** How often what the driver called infeasible is tried again, in milliseconds; after Kubernetes' own resizer. */
const infeasiblePeriod = 5 * 60_000;

/** Changes volumes when their claims name another VolumeAttributesClass. */
@Controller({ for: PersistentVolumeClaim, reads: [PersistentVolume, VolumeAttributesClass], name: 'csi-modifier' })
export class VolumeModifier extends Reconciler<PersistentVolumeClaim> {
  /**
   * When the driver last refused to modify the volume of a claim, by its uid: that nothing is under way any more is known of
   * these only.
   */
  readonly #refusedAt = new Map<string, number>();
  readonly #uids = new Map<string, string>();
  /** The resourceVersions of claims as they were written last; what is older is not looked at. */
  readonly #written = new Map<string, string>();

  constructor(
    @inject(DriverConnection) private readonly driver: DriverConnection,
    @inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  override async reconcile(claim: ReadonlyClaim, ctx: Context): Promise<Outcome> {
    const id = formatObjectKey(ctx.key);
    const { uid = '' } = claim.metadata;
    if (this.#uids.get(id) !== uid) this.forget(ctx.key);
    this.#uids.set(id, uid);
    if (claim.status?.phase !== 'Bound' || this.#isOld(claim, id)) return undefined;
    const plan = planModify(claim, !this.#refusedAt.has(uid));
    if (plan.do === 'nothing') return undefined;
    const volume = ctx.get(PersistentVolume, { name: claim.spec?.volumeName ?? '' });
    const info = await this.driver.info(ctx.signal);
    if (volume?.spec?.csi?.driver !== info.name || !info.controller.has(Rpc.MODIFY_VOLUME)) return undefined;
    if (plan.do === 'cancel') return this.#cancel(claim, ctx);
    const last = claim.status.modifyVolumeStatus;
    const refusedAt = this.#refusedAt.get(uid);
    if (
      last?.status === 'Infeasible' &&
      last.targetVolumeAttributesClassName === plan.target &&
      refusedAt !== undefined
    ) {
      const left = refusedAt + infeasiblePeriod - this.clock.monotonic();
      if (left > 0) return requeueAfter(left);
    }
    const found = ctx.get(VolumeAttributesClass, { name: plan.target });
    if (found?.driverName === info.name) return this.#modify(claim, volume, plan, found, ctx);
    const why = found === undefined ? 'does not exist' : `is for ${found.driverName}`;
    ctx.event('Warning', 'VolumeModifyFailed', `VolumeAttributesClass "${plan.target}" ${why}`);
    if (!plan.isBegun) await ctx.status({ modifyVolumeStatus: { ...last, status: 'Pending' } });
    return requeueAfter(searchPeriod);
  }

  override forget(key: ObjectKey): void {
    this.#refusedAt.delete(this.#uids.get(formatObjectKey(key)) ?? '');
    this.#uids.delete(formatObjectKey(key));
    this.#written.delete(formatObjectKey(key));
  }

  async #modify(
    claim: ReadonlyClaim,
    volume: ReadonlyVolume,
    { target, isBegun }: Modify,
    { parameters }: ReadonlyClass,
    ctx: Context,
  ): Promise<Outcome> {
    const status = { targetVolumeAttributesClassName: target };
    const { uid = '' } = claim.metadata;
    const underWay = condition(modifying, true, 'Modifying', `The volume is modified to "${target}"`);
    if (!isBegun) {
      await ctx.status({ modifyVolumeStatus: { ...status, status: 'InProgress' } }, underWay);
      ctx.event('Normal', 'VolumeModify', `Modifying the volume to VolumeAttributesClass "${target}"`);
    }
    try {
      await this.#call(volume, parameters, ctx);
    } catch (error) {
      if (isFinal(error)) this.#refusedAt.set(uid, this.clock.monotonic());
      else this.#refusedAt.delete(uid);
      const code = GrpcStatusError.is(error) ? error.status : Code.UNKNOWN;
      const isInfeasible = code === Code.INVALID_ARGUMENT;
      const failure = condition(failed, true, reasonOf(code), messageOf(error));
      const phase = isInfeasible ? 'Infeasible' : 'InProgress';
      await ctx.status({ modifyVolumeStatus: { ...status, status: phase } }, underWay, failure);
      ctx.event('Warning', 'VolumeModifyFailed', messageOf(error));
      if (isInfeasible) return requeueAfter(infeasiblePeriod);
      throw error;
    }
    this.#refusedAt.delete(uid);
    // The volume first: a claim that says that it is done is not looked at again.
    const spec = { volumeAttributesClassName: target };
    await ctx.patch(PersistentVolume, volume, { metadata: { uid: volume.metadata.uid }, spec });
    await this.#writeStatus(claim, { modifyVolumeStatus: null, currentVolumeAttributesClassName: target }, ctx);
    ctx.event('Normal', 'VolumeModifySuccessful', `The volume has VolumeAttributesClass "${target}" now`);
    return undefined;
  }

  async #call(
    { metadata, spec }: ReadonlyVolume,
    parameters: ReadonlyClass['parameters'],
    ctx: Context,
  ): Promise<void> {
    const { signal } = ctx;
    const { volumeHandle: volumeId = '', controllerExpandSecretRef } = spec?.csi ?? {};
    const name = metadata.annotations?.[modifySecretName];
    const namespace = metadata.annotations?.[modifySecretNamespace];
    const reference = name && namespace ? { name, namespace } : controllerExpandSecretRef;
    const secrets = await readSecret(ctx.client, reference, signal);
    const request = { volumeId, secrets, mutableParameters: { ...parameters } };
    await this.driver.client.controller.controllerModifyVolume(request, { signal });
  }

  async #cancel(claim: ReadonlyClaim, ctx: Context): Promise<void> {
    if (findCondition(claim.status?.conditions, modifying) === undefined) return;
    await this.#writeStatus(claim, {}, ctx);
    ctx.event('Normal', 'VolumeModifyCanceled', 'The volume is not modified any more');
  }

  /** Sets fields and takes the conditions of a modification off. */
  async #writeStatus(claim: ReadonlyClaim, fields: object, { client, key, signal }: Context): Promise<void> {
    const { conditions: all = [] } = claim.status ?? {};
    const conditions = all.filter(({ type }) => type !== modifying && type !== failed);
    const patch = { metadata: { uid: claim.metadata.uid }, status: { ...fields, conditions } };
    const { metadata } = await client.status(PersistentVolumeClaim).patch(key, { type: 'merge', patch }, { signal });
    this.#written.set(formatObjectKey(key), metadata.resourceVersion ?? '');
  }

  #isOld({ metadata }: ReadonlyClaim, id: string): boolean {
    const written = this.#written.get(id);
    if (written === undefined) return false;
    if (compareResourceVersion(metadata.resourceVersion ?? '', written) < 0) return true;
    this.#written.delete(id);
    return false;
  }
}

import { formatObjectKey } from '@kubewright/api';
import type { DeepReadonly, ObjectKey } from '@kubewright/api';
import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { Controller, Reconciler, WatchesKind, requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { Clock, inject, token } from '@kubewright/core';
import type { Token } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { Client } from '@kubewright/informer';
import { ControllerServiceCapability_RPC_Type as Rpc } from '@kubewright/csi-sdk/v1';
import type { VolumeCondition } from '@kubewright/csi-sdk/v1';
import { DriverConnection } from '../driver/driver-connection.js';
import type { DriverInfo } from '../driver/driver-connection.js';

type Context = ReconcileContext<PersistentVolumeClaim>;
type Conditions = ReadonlyMap<string, VolumeCondition>;

/** How often the driver is asked, in milliseconds; the defaults are those of Kubernetes' own monitor. */
export interface HealthIntervals {
  /** Of a driver that lists its volumes: all at once. Default: 5 minutes. */
  readonly list?: number;
  /** Of one that does not: each volume. Default: 1 minute. */
  readonly volume?: number;
}
export const HealthIntervals: Token<HealthIntervals> = token('@kubewright/csi-sidecars/HealthIntervals');

const abnormal = 'VolumeConditionAbnormal';
/** Entries of one answer to ListVolumes. */
const pageSize = 500;
/** Five million volumes; a list that goes on has no end. */
const mostPages = 10_000;

/**
 * Asks the driver how its volumes are, and tells by Events of the claims: a Warning while a volume is abnormal, and once when
 * it is well again. Only for drivers with the capability `VOLUME_CONDITION` of CSI 1.12.
 */
@Controller({ for: PersistentVolumeClaim, name: 'csi-health-monitor' })
@WatchesKind(PersistentVolume, ({ spec }) => {
  const { name, namespace } = spec?.claimRef ?? {};
  return name === undefined ? [] : [{ name, namespace }];
})
export class VolumeHealthMonitor extends Reconciler<PersistentVolumeClaim> {
  readonly #askedAt = new Map<string, number>();
  #listed: { readonly at: number; readonly conditions: Promise<Conditions> } | undefined;
  #abnormal: Promise<Set<string>> | undefined;

  constructor(
    @inject(DriverConnection) private readonly driver: DriverConnection,
    @inject(Clock) private readonly clock: Clock,
    @inject(HealthIntervals) private readonly intervals: HealthIntervals,
  ) {
    super();
  }

  override async reconcile(claim: DeepReadonly<PersistentVolumeClaim>, ctx: Context): Promise<Outcome> {
    const volume = ctx.get(PersistentVolume, { name: claim.spec?.volumeName ?? '' });
    const csi = volume?.spec?.csi;
    if (csi === undefined || volume?.status?.phase !== 'Bound') return undefined;
    const info = await this.driver.info(ctx.signal);
    const interval = this.#interval(info);
    if (csi.driver !== info.name || interval === undefined) return undefined;
    const { uid = '' } = claim.metadata;
    const now = this.clock.monotonic();
    // The claim's own changes bring it here, too.
    const left = (this.#askedAt.get(formatObjectKey(ctx.key)) ?? -Infinity) + interval - now;
    if (left > 0) return requeueAfter(left);
    const condition = await this.#conditionOf(csi.volumeHandle, info, { interval, now, signal: ctx.signal });
    this.#askedAt.set(formatObjectKey(ctx.key), now);
    const told = await this.#toldAbnormal(ctx);
    if (condition?.abnormal === true) {
      told.add(uid);
      ctx.event('Warning', abnormal, condition.message);
    } else if (condition !== undefined && told.delete(uid)) {
      ctx.event('Normal', 'VolumeConditionNormal', 'The volume is well again');
    }
    return requeueAfter(interval);
  }

  override forget(key: ObjectKey): void {
    this.#askedAt.delete(formatObjectKey(key));
  }

  /** The claims that this monitor, or one before it, has warned about and not said to be well since. */
  async #toldAbnormal({ client, signal }: Context): Promise<Set<string>> {
    const asked = (this.#abnormal ??= claimsToldAbnormal(client, signal));
    try {
      return await asked;
    } catch (error) {
      if (this.#abnormal === asked) this.#abnormal = undefined;
      throw error;
    }
  }

  /** Undefined where the driver does not tell. */
  #interval({ controller }: DriverInfo): number | undefined {
    if (!controller.has(Rpc.VOLUME_CONDITION)) return undefined;
    if (controller.has(Rpc.LIST_VOLUMES)) return this.intervals.list ?? 5 * 60_000;
    return controller.has(Rpc.GET_VOLUME) ? (this.intervals.volume ?? 60_000) : undefined;
  }

  async #conditionOf(
    volumeId: string,
    { controller }: DriverInfo,
    { interval, now, signal }: { readonly interval: number; readonly now: number; readonly signal: AbortSignal },
  ): Promise<VolumeCondition | undefined> {
    if (!controller.has(Rpc.LIST_VOLUMES)) {
      const { status } = await this.driver.client.controller.controllerGetVolume({ volumeId }, { signal });
      return status?.volumeCondition;
    }
    // One answer serves all claims that ask in the same round.
    if (this.#listed === undefined || now - this.#listed.at >= interval)
      this.#listed = { at: now, conditions: this.#list(signal) };
    const { conditions } = this.#listed;
    try {
      return (await conditions).get(volumeId);
    } catch (error) {
      if (this.#listed.conditions === conditions) this.#listed = undefined;
      throw error;
    }
  }

  async #list(signal: AbortSignal): Promise<Conditions> {
    const found = new Map<string, VolumeCondition>();
    const tokens = new Set<string>();
    let startingToken = '';
    do {
      if (tokens.has(startingToken) || tokens.size >= mostPages)
        throw new GrpcStatusError(Code.INTERNAL, `the list of volumes does not end: page "${startingToken}" leads on`);
      tokens.add(startingToken);
      const request = { maxEntries: pageSize, startingToken };
      const { entries, nextToken } = await this.driver.client.controller.listVolumes(request, { signal });
      for (const { volume, status } of entries)
        if (volume !== undefined && status?.volumeCondition !== undefined)
          found.set(volume.volumeId, status.volumeCondition);
      startingToken = nextToken;
    } while (startingToken !== '');
    return found;
  }
}

async function claimsToldAbnormal(client: Client, signal: AbortSignal): Promise<Set<string>> {
  const fieldSelector = `reason=${abnormal},type=Warning`;
  const { items } = await client.list(Event, { fieldSelector, signal });
  return new Set(items.flatMap(({ regarding }) => (regarding?.uid === undefined ? [] : [regarding.uid])));
}

/** The stock controllers as a bundle, and the refusal to run beside a live kube-controller-manager. */
import { isNotFound } from '@kubewright/api';
import { Lease } from '@kubewright/api/coordination/v1';
import { Cluster, leaseDurationOf } from '@kubewright/controller';
import { Clock, Logger, Plugin, inject } from '@kubewright/core';
import type { Lifecycle, StartContext } from '@kubewright/core';
import { controllersErrors } from '../errors/controllers-errors.js';

const key = { name: 'kube-controller-manager', namespace: 'kube-system' };

/**
 * Refuses to start a host on a cluster whose kube-controller-manager is alive. It starts before any controller does.
 *
 * A lease that looks stale by this machine's clock is watched for as long as it lasts before it is believed to be: the
 * clocks may differ. A cluster without the lease, as an embedded one, costs one read.
 */
@Plugin({ name: 'control-plane-guard', stage: 'prepare' })
export class ControlPlaneGuard implements Lifecycle {
  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clock) private readonly clock: Clock,
    @inject(Logger) private readonly logger: Logger,
  ) {}

  /** @throws KW_CONTROLLERS_CONTROL_PLANE_RUNS */
  async start({ signal }: StartContext): Promise<void> {
    const lease = await this.#read(signal);
    const renewed = lease?.spec?.renewTime;
    if (lease === undefined || renewed === undefined || !lease.spec?.holderIdentity) return;
    const lasts = leaseDurationOf(lease.spec);
    const age = this.clock.now() - Date.parse(renewed);
    // A time well ahead of ours says nothing: whether it is renewed is seen.
    if (age > -lasts && age < lasts) throw refusal(lease);
    this.logger.info('waiting whether a kube-controller-manager renews its old lease', {
      holder: lease.spec.holderIdentity,
      renewTime: renewed,
      milliseconds: lasts,
    });
    await this.clock.sleep(lasts, signal);
    const later = await this.#read(signal);
    if (later?.spec?.renewTime !== undefined && later.spec.renewTime !== renewed) throw refusal(later);
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.cluster.client({ name: 'control-plane-guard' }).get(Lease, key, { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

function refusal({ spec }: Lease): Error {
  return controllersErrors.CONTROL_PLANE_RUNS({ holder: spec?.holderIdentity ?? '', renewTime: spec?.renewTime ?? '' });
}

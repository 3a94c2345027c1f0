/**
 * Runs every controller of a host on the host's cluster. Each starts by itself, so that one whose kind is not served or not
 * permitted holds up no other; readiness names the informer it waits for, and why.
 */
import type { KubeObject } from '@kubewright/api';
import {
  Clock,
  HealthCheck,
  Logger,
  Metrics,
  Plugin,
  Random,
  Tracer,
  inject,
  multiInject,
  optional,
} from '@kubewright/core';
import type { Health, Lifecycle, StartContext } from '@kubewright/core';
import { Cluster } from '../cluster/cluster.js';
import { ControllerExtension } from '../decorators/controller.js';
import { watchedResources } from '../decorators/watched-resources.js';
import type { Reconciler } from '../reconcile/reconciler.js';
import { ControllerRunner } from '../runner/controller-runner.js';
import { customResourcesAmong, installCustomResources } from './custom-resource-installer.js';

@Plugin({ name: 'controller-manager', contributes: [HealthCheck] })
export class ControllerManager implements Lifecycle, HealthCheck {
  readonly name = 'controllers';
  #runners: readonly ControllerRunner[] = [];

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @multiInject(ControllerExtension) @optional() private readonly reconcilers: readonly Reconciler<KubeObject>[],
    @inject(Clock) private readonly clock: Clock,
    @inject(Random) private readonly random: Random,
    @inject(Logger) private readonly logger: Logger,
    @inject(Metrics) private readonly metrics: Metrics,
    @inject(Tracer) private readonly tracer: Tracer,
  ) {}

  /** Resolves when each controller runs, or is known to wait for something. */
  async start({ signal }: StartContext): Promise<void> {
    const { clock, random, logger, metrics, tracer } = this;
    const services = { clock, random, logger, metrics, tracer };
    const resources = this.reconcilers.flatMap(({ constructor }) => watchedResources(constructor as new () => object));
    await installCustomResources(
      customResourcesAmong(resources),
      this.cluster.client({ name: 'custom-resource-installer' }),
      logger,
      signal,
    );
    this.#runners = this.reconcilers.map((reconciler) => new ControllerRunner(reconciler, this.cluster, services));
    await Promise.all(this.#runners.map((runner) => runner.start()));
    for (const { waitingFor } of this.#runners)
      if (waitingFor !== undefined) logger.warn('a controller is not running yet', { reason: waitingFor });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.stop()));
  }

  check(): Promise<Health> {
    const reasons = this.#runners.map(({ waitingFor }) => waitingFor).filter((reason) => reason !== undefined);
    return Promise.resolve(reasons.length === 0 ? { ok: true } : { ok: false, reason: reasons.join('; ') });
  }
}

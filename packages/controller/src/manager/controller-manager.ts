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
import type { HealthStatus, Lifecycle, PluginLike } from '@kubewright/core';
import { Cluster } from '../cluster/cluster.js';
import { ControllerExtension } from '../decorators/controller.js';
import { LeaderGate } from '../leader-election/leader-gate.js';
import type { Reconciler } from '../reconcile/reconciler.js';
import { ControllerRunner } from '../runner/controller-runner.js';
import { CustomResourceInstaller } from './custom-resource-installer.js';

/** `controllerHost` is this and what it requires. */
@Plugin({ name: 'controller-manager', contributes: [HealthCheck], requires: [CustomResourceInstaller] })
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
    @inject(LeaderGate) @optional() private readonly gate?: LeaderGate,
  ) {}

  /** Resolves when each controller runs, has only to wait to lead, or is known to wait for something. */
  async start(): Promise<void> {
    const { clock, random, logger, metrics, tracer, gate } = this;
    const services = { clock, random, logger, metrics, tracer, gate };
    this.#runners = this.reconcilers.map((reconciler) => new ControllerRunner(reconciler, this.cluster, services));
    await Promise.all(this.#runners.map((runner) => runner.start()));
    for (const { waitingFor } of this.#runners)
      if (waitingFor !== undefined) logger.warn('a controller is not running yet', { reason: waitingFor });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.stop()));
  }

  check(): Promise<HealthStatus> {
    const reasons = this.#runners.map(({ waitingFor }) => waitingFor).filter((reason) => reason !== undefined);
    return Promise.resolve(reasons.length === 0 ? { ok: true } : { ok: false, reason: reasons.join('; ') });
  }
}

/** What a host needs to run controllers: their manager, and the plugin that installs their custom resources. */
export const controllerHost: PluginLike = [CustomResourceInstaller, ControllerManager];

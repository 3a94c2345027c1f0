/**
 * Tells a kubelet over HTTP whether a driver works, which it answers over its socket only. It takes the place of
 * Kubernetes' livenessprobe, beside any driver; where the driver hangs, the kubelet starts its container anew.
 */
import { Clock, Logger, Metrics, Plugin, inject, messageOf, provide, token } from '@kubewright/core';
import type { Lifecycle, PluginLike, Token } from '@kubewright/core';
import { GrpcStatusError } from '@kubewright/grpc';
import { HttpEndpoint, sendMetrics, sendText } from '@kubewright/http';
import type { Incoming, Outgoing } from '@kubewright/http';
import { createCsiClient } from '../client/csi-client.js';
import { CsiOperationMetrics } from '../client/operation-metrics.js';
import type { CsiClient } from '../client/csi-client.js';
import { csiErrors } from '../errors.js';

export interface LivenessProbeOptions {
  /** The driver's socket, as `unix:///csi/csi.sock`. */
  readonly endpoint: string;
  /** Where to listen, on all addresses: a kubelet asks from outside the Pod. 0 takes a free port. Default: 9808. */
  readonly port?: number;
  /** How long the driver may take to answer, in milliseconds. Default: 1,000. */
  readonly timeout?: number;
  /**
   * Serves `/metrics`, too, in the clear and to whoever reaches the port, as Kubernetes' livenessprobe does on its
   * `--http-endpoint`. Default: false.
   */
  readonly metrics?: boolean;
}

const LivenessProbeOptions: Token<LivenessProbeOptions> = token('@kubewright/csi-sdk/LivenessProbeOptions');
// The defaults of Kubernetes' livenessprobe.
const defaultPort = 9808;
const defaultTimeout = 1_000;

/** Answers `/healthz` with 200 where the driver's `Probe` says that it is ready, and with 500 and the reason otherwise. */
@Plugin({ name: 'csi-liveness-probe', stage: 'serve' })
export class LivenessProbe implements Lifecycle {
  readonly #client: CsiClient;
  #endpoint: HttpEndpoint | undefined;

  constructor(
    @inject(LivenessProbeOptions) private readonly options: LivenessProbeOptions,
    @inject(Clock) private readonly clock: Clock,
    @inject(Logger) private readonly logger: Logger,
    @inject(Metrics) private readonly metrics: Metrics,
  ) {
    const { endpoint, timeout = defaultTimeout } = options;
    const operations = new CsiOperationMetrics(metrics);
    const onEnd = operations.ended.bind(operations);
    this.#client = createCsiClient({ address: endpoint, clock, deadline: timeout, onEnd });
  }

  /** The port that is listened at. */
  get port(): number {
    return this.#endpoint?.port ?? this.options.port ?? defaultPort;
  }

  /** The driver need not be there yet. @throws LIVENESS_PORT */
  async start(): Promise<void> {
    const { port, clock, logger } = this;
    try {
      this.#endpoint = await HttpEndpoint.open({
        listen: { host: '*', port },
        clock,
        logger,
        serve: (incoming, outgoing) => this.#answer(incoming, outgoing),
      });
    } catch (cause) {
      throw csiErrors.LIVENESS_PORT({ port, reason: messageOf(cause) }, { cause });
    }
  }

  async stop(): Promise<void> {
    await this.#endpoint?.abort();
    this.#client[Symbol.dispose]();
  }

  async #answer(incoming: Incoming, outgoing: Outgoing): Promise<void> {
    const path = incoming.url?.split('?')[0];
    if (path === '/metrics' && this.options.metrics === true) return sendMetrics(incoming, outgoing, this.metrics);
    if (path !== '/healthz') return sendText(outgoing, 404, 'not found: ask for /healthz');
    const reason = await this.#ask();
    if (reason === undefined) return sendText(outgoing, 200, 'ok');
    this.logger.warn('the driver does not work', { endpoint: this.options.endpoint, reason });
    sendText(outgoing, 500, reason);
  }

  /** @returns why the driver does not work; undefined where it does. */
  async #ask(): Promise<string | undefined> {
    try {
      // A driver that leaves it out is ready, by the specification.
      const { ready = true } = await this.#client.identity.probe({});
      return ready ? undefined : 'the driver answers, and says that it is not ready';
    } catch (error) {
      return `the driver does not answer: ${GrpcStatusError.from(error).text}`;
    }
  }
}

/**
 * The probe of one driver, for its host or one of its own:
 *
 * ```ts
 * new Host().use(FilesDriver).use(livenessProbe({ endpoint: 'unix:///csi/csi.sock' }));
 * ```
 */
export function livenessProbe(options: LivenessProbeOptions): readonly PluginLike[] {
  return [
    { name: 'csi-liveness-probe-options', provides: [provide(LivenessProbeOptions, { value: options })] },
    LivenessProbe,
  ];
}

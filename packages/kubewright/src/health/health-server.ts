import { AccessReview, Cluster } from '@kubewright/controller';
import { Clock, Logger, Metrics, Plugin, Random, Readiness, inject, messageOf } from '@kubewright/core';
import type { CheckResult, Lifecycle, Timer } from '@kubewright/core';
import { HttpEndpoint, sendMetrics, sendText } from '@kubewright/http';
import type { Incoming, Outgoing } from '@kubewright/http';
import { kubewrightErrors } from '../errors/kubewright-errors.js';
import { HealthServerOptions } from './health-server-options.js';
import { certificateRenewal, ownCertificate } from './own-certificate.js';

const loopback = /^(localhost|127(\.\d+){3}|::1)$/;

@Plugin({ name: 'health-server', stage: 'serve' })
export class HealthServer implements Lifecycle {
  #endpoint: HttpEndpoint | undefined;
  #access: AccessReview | undefined;
  #renewal: Timer | undefined;

  constructor(
    @inject(HealthServerOptions) private readonly options: HealthServerOptions,
    @inject(Readiness) private readonly readiness: Readiness,
    @inject(Metrics) private readonly metrics: Metrics,
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clock) private readonly clock: Clock,
    @inject(Random) private readonly random: Random,
    @inject(Logger) private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const { clock, logger, random } = this;
    const { port, host = '*', metrics = {}, tls } = this.options;
    const asksForTokens = metrics !== false && metrics.authentication !== 'none';
    // Every copy of the program is scraped, not only the one that leads.
    const identity = { name: 'metrics-access', needsLeader: false };
    if (asksForTokens) this.#access = new AccessReview(this.cluster.client(identity), clock);
    const makesCertificate = tls === undefined && asksForTokens && !loopback.test(host);
    const certificate = makesCertificate ? await ownCertificate(clock, random) : tls;
    try {
      this.#endpoint = await HttpEndpoint.open({
        listen: { host, port },
        ...(certificate !== undefined && { tls: certificate }),
        clock,
        logger,
        serve: (incoming, outgoing) => this.#answer(incoming, outgoing),
      });
    } catch (cause) {
      throw kubewrightErrors.HEALTH_PORT({ port, reason: messageOf(cause) }, { cause });
    }
    if (makesCertificate) this.#renewLater();
  }

  async stop(): Promise<void> {
    this.#renewal?.cancel();
    await this.#endpoint?.abort();
  }

  /** The port that is listened at. */
  get port(): number {
    return this.#endpoint?.port ?? this.options.port;
  }

  #renewLater(): void {
    this.#renewal = this.clock.setTimer(certificateRenewal, () => void this.#renew(), { ref: false });
  }

  async #renew(): Promise<void> {
    this.#endpoint?.useCertificate(await ownCertificate(this.clock, this.random));
    this.#renewLater();
  }

  async #answer(incoming: Incoming, outgoing: Outgoing): Promise<void> {
    const [, endpoint, ...rest] = (incoming.url ?? '').split('?')[0]?.split('/') ?? [];
    if (endpoint === 'healthz' && rest.length === 0) return sendText(outgoing, 200, 'ok');
    if (endpoint === 'metrics' && rest.length === 0 && this.options.metrics !== false)
      return this.#answerMetrics(incoming, outgoing);
    if (endpoint !== 'readyz') return sendText(outgoing, 404, `not found: ask for ${this.#paths()}`);
    const { ready, checks } = await this.readiness.report();
    const name = decodeURIComponentSafely(rest.join('/'));
    if (name === '') return sendText(outgoing, ready ? 200 : 503, checks.map(line).join('\n'));
    const check = checks.find((each) => each.name === name);
    if (check === undefined)
      return sendText(outgoing, 404, `not found: the checks are ${checks.map((each) => each.name).join(', ')}`);
    return sendText(outgoing, check.ok ? 200 : 503, line(check));
  }

  #paths(): string {
    return this.options.metrics === false ? '/healthz or /readyz' : '/healthz, /readyz or /metrics';
  }

  async #answerMetrics(incoming: Incoming, outgoing: Outgoing): Promise<void> {
    if (this.#access === undefined) return sendMetrics(incoming, outgoing, this.metrics);
    const verb = (incoming.method ?? '').toLowerCase();
    try {
      const { authorization } = incoming.headers;
      const judged = await this.#access.judge({ authorization, verb, path: '/metrics' });
      if (judged.verdict === 'allowed') return sendMetrics(incoming, outgoing, this.metrics);
      if (judged.verdict === 'denied')
        return sendText(outgoing, 403, `forbidden: user '${judged.user}' cannot ${verb} path '/metrics'`);
    } catch (error) {
      const needs = 'create tokenreviews.authentication.k8s.io and subjectaccessreviews.authorization.k8s.io';
      this.logger.error('who asks for metrics cannot be reviewed', { error, needs });
      return sendText(outgoing, 500, 'the cluster could not be asked who you are: see the log of the program');
    }
    outgoing.setHeader('www-authenticate', 'Bearer');
    return sendText(outgoing, 401, 'unauthorized: show a token of the cluster, as Authorization: Bearer');
  }
}

const line = (check: CheckResult): string =>
  check.ok ? `[+]${check.name} ok` : `[-]${check.name} failed: ${check.reason}`;

/** A malformed escape names no check. */
function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

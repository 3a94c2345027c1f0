/**
 * What probes ask: `/healthz` whether the program lives, `/readyz` whether it can do its work, as plain text in the form of
 * Kubernetes' own components. It answers for the host's health checks and knows none of them.
 */
import { Clock, Logger, Plugin, Readiness, inject, messageOf, token } from '@kubewright/core';
import type { CheckResult, Lifecycle, Token } from '@kubewright/core';
import { HttpEndpoint, sendText } from '@kubewright/http';
import type { Incoming, Outgoing } from '@kubewright/http';
import { kubewrightErrors } from '../errors/kubewright-errors.js';

export interface HealthServerOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default: every address of the machine, since a kubelet's probes come from outside the Pod. */
  readonly host?: string;
}

export const HealthServerOptions: Token<HealthServerOptions> = token('kubewright/HealthServerOptions');

@Plugin({ name: 'health-server', stage: 'serve' })
export class HealthServer implements Lifecycle {
  #endpoint: HttpEndpoint | undefined;

  constructor(
    @inject(HealthServerOptions) private readonly options: HealthServerOptions,
    @inject(Readiness) private readonly readiness: Readiness,
    @inject(Clock) private readonly clock: Clock,
    @inject(Logger) private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const { clock, logger } = this;
    const { port, host = '*' } = this.options;
    try {
      this.#endpoint = await HttpEndpoint.open({
        listen: { host, port },
        clock,
        logger,
        serve: (incoming, outgoing) => this.#answer(incoming, outgoing),
      });
    } catch (cause) {
      throw kubewrightErrors.HEALTH_PORT({ port, reason: messageOf(cause) }, { cause });
    }
  }

  async stop(): Promise<void> {
    await this.#endpoint?.abort();
  }

  /** The port that is listened at. */
  get port(): number {
    return this.#endpoint?.port ?? this.options.port;
  }

  async #answer(incoming: Incoming, outgoing: Outgoing): Promise<void> {
    const [, endpoint, ...rest] = (incoming.url ?? '').split('?')[0]?.split('/') ?? [];
    if (endpoint === 'healthz' && rest.length === 0) return sendText(outgoing, 200, 'ok');
    if (endpoint !== 'readyz') return sendText(outgoing, 404, 'not found: ask for /healthz or /readyz');
    const { ready, checks } = await this.readiness.report();
    const name = decodeURIComponentSafely(rest.join('/'));
    if (name === '') return sendText(outgoing, ready ? 200 : 503, checks.map(line).join('\n'));
    const check = checks.find((each) => each.name === name);
    if (check === undefined)
      return sendText(outgoing, 404, `not found: the checks are ${checks.map((each) => each.name).join(', ')}`);
    return sendText(outgoing, check.ok ? 200 : 503, line(check));
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

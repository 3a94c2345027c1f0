/**
 * What probes ask: `/healthz` whether the program lives, `/readyz` whether it can do its work, as plain text in the form of
 * Kubernetes' own components. It answers for the host's health checks and knows none of them.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Plugin, Readiness, inject, token } from '@kubewright/core';
import type { CheckResult, Lifecycle, Token } from '@kubewright/core';
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
  #server: Server | undefined;

  constructor(
    @inject(HealthServerOptions) private readonly options: HealthServerOptions,
    @inject(Readiness) private readonly readiness: Readiness,
  ) {}

  async start(): Promise<void> {
    const { createServer } = await import('node:http');
    const server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(kubewrightErrors.HEALTH_PORT({ port: this.options.port, reason: cause.message }, { cause })),
      );
      server.listen({ port: this.options.port, host: this.options.host }, resolve);
    });
    this.#server = server;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    this.#server?.closeAllConnections();
    await closed;
  }

  /** The port that is listened at. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null)?.port ?? this.options.port;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, endpoint, ...rest] = (request.url ?? '').split('?')[0]?.split('/') ?? [];
    if (endpoint === 'healthz' && rest.length === 0) return send(response, 200, 'ok');
    if (endpoint !== 'readyz') return send(response, 404, 'not found: ask for /healthz or /readyz');
    const { ready, checks } = await this.readiness.report();
    const name = decodeURIComponentSafely(rest.join('/'));
    if (name === '') return send(response, ready ? 200 : 503, checks.map(line).join('\n'));
    const check = checks.find((each) => each.name === name);
    if (check === undefined)
      return send(response, 404, `not found: the checks are ${checks.map((each) => each.name).join(', ')}`);
    return send(response, check.ok ? 200 : 503, line(check));
  }
}

const line = (check: CheckResult): string =>
  check.ok ? `[+]${check.name} ok` : `[-]${check.name} failed: ${check.reason}`;

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
  response.end(`${text}\n`);
}

/** A malformed escape names no check. */
function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

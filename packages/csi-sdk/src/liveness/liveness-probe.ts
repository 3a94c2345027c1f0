/**
 * Tells a kubelet over HTTP whether a driver works, which it answers over its socket only. It takes the place of
 * Kubernetes' livenessprobe, beside any driver; where the driver hangs, the kubelet starts its container anew.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Clock, Logger, Plugin, inject, provide, token } from '@kubewright/core';
import type { Lifecycle, PluginLike, Token } from '@kubewright/core';
import { GrpcStatusError } from '@kubewright/grpc';
import { createCsiClient } from '../client/csi-client.js';
import type { CsiClient } from '../client/csi-client.js';
import { csiErrors } from '../errors.js';

export interface LivenessProbeOptions {
  /** The driver's socket, as `unix:///csi/csi.sock`. */
  readonly endpoint: string;
  /** Where to listen, on all addresses: a kubelet asks from outside the Pod. 0 takes a free port. Default: 9808. */
  readonly port?: number;
  /** How long the driver may take to answer, in milliseconds. Default: 1,000. */
  readonly timeout?: number;
}

const LivenessProbeOptions: Token<LivenessProbeOptions> = token('@kubewright/csi-sdk/LivenessProbeOptions');
// The defaults of Kubernetes' livenessprobe.
const defaultPort = 9808;
const defaultTimeout = 1_000;

/** Answers `/healthz` with 200 where the driver's `Probe` says that it is ready, and with 500 and the reason otherwise. */
@Plugin({ name: 'csi-liveness-probe', stage: 'serve' })
export class LivenessProbe implements Lifecycle {
  readonly #client: CsiClient;
  #server: Server | undefined;

  constructor(
    @inject(LivenessProbeOptions) private readonly options: LivenessProbeOptions,
    @inject(Clock) clock: Clock,
    @inject(Logger) private readonly logger: Logger,
  ) {
    const { endpoint, timeout = defaultTimeout } = options;
    this.#client = createCsiClient({ address: endpoint, clock, deadline: timeout });
  }

  /** The port that is listened at. */
  get port(): number {
    const { port = defaultPort } = this.options;
    return (this.#server?.address() as AddressInfo | null)?.port ?? port;
  }

  /** The driver need not be there yet. @throws LIVENESS_PORT */
  async start(): Promise<void> {
    const { port } = this;
    const server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(csiErrors.LIVENESS_PORT({ port, reason: cause.message }, { cause })));
      server.listen(port, resolve);
    });
    this.#server = server;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    this.#server?.closeAllConnections();
    await closed;
    this.#client[Symbol.dispose]();
  }

  async #answer({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (url.split('?')[0] !== '/healthz') return send(response, 404, 'not found: ask for /healthz');
    const reason = await this.#ask();
    if (reason === undefined) return send(response, 200, 'ok');
    this.logger.warn('the driver does not work', { endpoint: this.options.endpoint, reason });
    send(response, 500, reason);
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

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

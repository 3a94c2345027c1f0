import {
  AdmissionPlugin,
  AnonymousAuthenticator,
  ApiServer,
  Authenticator,
  Authorizer,
  CertificateAuthenticator,
  RequestHandler,
  Storage,
  TokenAuthenticator,
  UnknownTokenAuthenticator,
  UpgradeHandler,
  kubernetesServiceAddress,
} from '@kubewright/apiserver';
import type { User } from '@kubewright/apiserver';
import { Clock, Logger, Metrics, Plugin, Random, inject, multiInject, optional, token } from '@kubewright/core';
import type { Lifecycle, StartContext, Token } from '@kubewright/core';
import type { Transport } from '@kubewright/informer';
import { ClusterCredentials, clusterAdmin } from '../credentials/cluster-credentials.js';
import { clusterErrors } from '../errors/cluster-errors.js';
import { ServerAccess } from './server-access.js';

export interface ServerOptions {
  /** Where HTTPS is served; undefined where the cluster is reached inside the process only. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
}

export const ServerOptions: Token<ServerOptions> = token('@kubewright/cluster/ServerOptions');

/** The API server as a plugin: with the cluster's storage and credentials, and what plugins contribute to it. */
@Plugin({ name: 'api-server', stage: 'foundation', provides: [ServerAccess] })
export class EmbeddedApiServer implements ServerAccess, Lifecycle {
  #server: ApiServer | undefined;
  #url: string | undefined;

  constructor(
    @inject(ServerOptions) private readonly options: ServerOptions,
    @inject(Storage) private readonly storage: Storage,
    @inject(ClusterCredentials) private readonly credentials: ClusterCredentials,
    @multiInject(Authenticator) @optional() private readonly authenticators: readonly Authenticator[],
    @multiInject(Authorizer) @optional() private readonly authorizers: readonly Authorizer[],
    @multiInject(AdmissionPlugin) @optional() private readonly admission: readonly AdmissionPlugin[],
    @multiInject(RequestHandler) @optional() private readonly handlers: readonly RequestHandler[],
    @multiInject(UpgradeHandler) @optional() private readonly upgrades: readonly UpgradeHandler[],
    @inject(Clock) private readonly clock: Clock,
    @inject(Random) private readonly random: Random,
    @inject(Logger) private readonly logger: Logger,
    @inject(Metrics) private readonly metrics: Metrics,
  ) {}

  /** Resolves when requests are served, inside the process and, where asked for, at the port. */
  async start({ signal }: StartContext): Promise<void> {
    const { storage, clock, random, logger, metrics, credentials } = this;
    const server = new ApiServer({
      storage,
      authenticators: [
        ...this.authenticators,
        new TokenAuthenticator([{ token: credentials.adminToken, user: clusterAdmin }]),
        new CertificateAuthenticator(),
        new UnknownTokenAuthenticator(),
        new AnonymousAuthenticator(),
      ],
      authorizers: this.authorizers,
      admission: this.admission,
      handlers: this.handlers,
      upgrades: this.upgrades,
      clock,
      random,
      logger,
      metrics,
    });
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopped ??= server.stop());
    // Who stops the cluster during its start does not wait for a storage that takes long.
    const onAbort = (): void => void stop().catch(() => undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      await server.start();
      this.#url = await this.#listen(server);
      signal.throwIfAborted();
    } catch (error) {
      await stop();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    this.#server = server;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  transport(user: User): Transport {
    if (this.#server === undefined) throw clusterErrors.NOT_SERVING({});
    return this.#server.transport(user);
  }

  /** As `https://127.0.0.1:6443`; undefined where there is no port. */
  get url(): string | undefined {
    return this.#url;
  }

  async #listen(server: ApiServer): Promise<string | undefined> {
    const { listen } = this.options;
    if (listen === undefined) return undefined;
    const { authority } = this.credentials;
    const hosts = ['localhost', '127.0.0.1', '::1', listen.host, kubernetesServiceAddress, ...serviceNames];
    const issued = authority.issue({ commonName: 'kube-apiserver', usage: 'server', hosts: [...new Set(hosts)] });
    const certificates = { ...issued, clientAuthority: authority.certificate };
    return await server.listen({ ...listen, ...certificates }).catch((cause: unknown) => {
      const { code, message } = cause as NodeJS.ErrnoException;
      const place = { address: listen.host, port: listen.port };
      if (code === 'EADDRINUSE') throw clusterErrors.PORT_IN_USE(place, { cause });
      throw clusterErrors.LISTEN_FAILED({ ...place, reason: reasons[code ?? ''] ?? message }, { cause });
    });
  }
}

/** Names by which Pods know the server. */
const serviceNames = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user may not use the port (below 1024 they are the administrator's)",
  EADDRNOTAVAIL: 'this machine does not have the address',
};

/**
 * The API server of an embedded cluster as plugins, and the ways into it. The server itself is `@kubewright/apiserver`.
 */
import { ApiServer, kubernetesServiceAddress } from '@kubewright/apiserver';
import type { User } from '@kubewright/apiserver';
import { Plugin, inject, token } from '@kubewright/core';
import type { Lifecycle, Token } from '@kubewright/core';
import type { Transport } from '@kubewright/informer';
import { ClusterCredentials } from '../credentials/cluster-credentials.js';
import { clusterErrors } from '../errors/cluster-errors.js';
import { ServerAccess } from './server-access.js';

export interface ServerOptions {
  /** Where HTTPS is served; undefined where the cluster is reached inside the process only. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
}

export const ServerOptions: Token<ServerOptions> = token('@kubewright/cluster/ServerOptions');

/** The way to the cluster's API server: inside the process, and where asked for, at a port. */
@Plugin({ name: 'server-access', provides: [ServerAccess] })
export class EmbeddedApiServer implements ServerAccess, Lifecycle {
  #url: string | undefined;

  constructor(
    @inject(ServerOptions) private readonly options: ServerOptions,
    @inject(ApiServer) private readonly server: ApiServer,
    @inject(ClusterCredentials) private readonly credentials: ClusterCredentials,
  ) {}

  /** Resolves when requests are served at the port, if there is to be one. */
  async start(): Promise<void> {
    this.#url = await this.#listen();
  }

  transport(user: User): Transport {
    return this.server.transport(user);
  }

  /** As `https://127.0.0.1:6443`; undefined where there is no port. */
  get url(): string | undefined {
    return this.#url;
  }

  async #listen(): Promise<string | undefined> {
    const { listen } = this.options;
    if (listen === undefined) return undefined;
    const { authority } = this.credentials;
    const hosts = ['localhost', '127.0.0.1', '::1', listen.host, kubernetesServiceAddress, ...serviceNames];
    const issued = authority.issue({ commonName: 'kube-apiserver', usage: 'server', hosts: [...new Set(hosts)] });
    const certificates = { ...issued, clientAuthority: authority.certificate };
    return await this.server.listen({ ...listen, ...certificates }).catch((cause: unknown) => {
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

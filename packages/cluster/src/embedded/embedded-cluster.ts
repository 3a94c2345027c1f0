/**
 * A whole cluster in this process: it composes the API server, the stock controllers and simulated nodes out of plugins. What
 * each of them does is in its own folder or package.
 */
import { MemoryStorage, apiServer, kubernetesVersion, serverLevel } from '@kubewright/apiserver';
import type { User } from '@kubewright/apiserver';
import { Clock, Host, Logger, coreErrors, provide } from '@kubewright/core';
import type {
  PluginGraph,
  PluginLike,
  PluginReference,
  PluginReport,
  PluginUse,
  Token,
  UseOptions,
} from '@kubewright/core';
import type { ClusterConnection, Transport } from '@kubewright/informer';
import { AdminTokenAuthenticator } from '../credentials/admin-token-authenticator.js';
import { ClusterCredentials, clusterAdmin } from '../credentials/cluster-credentials.js';
import { DataDirectory, DataPath } from '../data-directory/data-directory.js';
import { clusterErrors } from '../errors/cluster-errors.js';
import { renderKubeconfig, writeKubeconfig } from '../kubeconfig/kubeconfig-writer.js';
import type { KubeconfigContent } from '../kubeconfig/kubeconfig-writer.js';
import { mostNodes } from '../node/node-identity.js';
import { EmbeddedApiServer, ServerOptions } from '../server/embedded-api-server.js';
import { DirectoryStorage } from '../storage/directory-storage.js';

export interface EmbeddedClusterOptions {
  /** Names the cluster in kubeconfigs and logs. Default: `kubewright`. */
  readonly name?: string;
  /** Where credentials and the database are kept; made where it is missing. Default: nowhere, all is gone with the process. */
  readonly dataDirectory?: string;
  /** Default: `sqlite` with a data directory, `memory` without. */
  readonly storage?: 'memory' | 'sqlite';
  /** Serves HTTPS: at a free port of the loopback address unless said otherwise. Default: false, inside the process only. */
  readonly listen?: boolean | { readonly host?: string; readonly port?: number };
  /** How many nodes are simulated, 0 to 256. Default: 1. */
  readonly nodes?: number;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
}

/**
 * ```ts
 * await using cluster = await new EmbeddedCluster({ listen: true }).use(MyAdmission).start();
 * await cluster.writeKubeconfig('kubeconfig');
 * ```
 *
 * The server is up first; the control plane is loaded and started after that. Stopping goes the other way round.
 */
export class EmbeddedCluster implements AsyncDisposable {
  readonly name: string;
  readonly #options: EmbeddedClusterOptions;
  readonly #server: Host;
  readonly #used: PluginUse[] = [];
  readonly #without: PluginReference[] = [];
  /** What is not the server's, once it is known. */
  #later: LaterPlugins | undefined;
  #controlPlane: Host | undefined;
  #failure: Promise<void> | undefined;
  #starting: Promise<this> | undefined;

  constructor(options: EmbeddedClusterOptions = {}) {
    const { dataDirectory, nodes = 1 } = options;
    if (!Number.isInteger(nodes) || nodes < 0 || nodes > mostNodes) throw clusterErrors.INVALID_NODES({ value: nodes });
    if (storageOf(options) === 'sqlite' && dataDirectory === undefined) throw clusterErrors.DIRECTORY_REQUIRED({});
    this.#options = options;
    this.name = options.name ?? 'kubewright';
    this.#server = this.#makeServer();
  }

  /**
   * Adds a plugin, or puts it in the place of one that is there. It becomes part of the API server or of the control plane, as the
   * extension points to which it contributes say, together with what it needs.
   */
  use(plugin: PluginLike, options?: UseOptions): this {
    if (this.#later !== undefined) throw coreErrors.ALREADY_STARTED({ host: this.name });
    this.#used.push({ plugin, options });
    return this;
  }

  /** Does without plugins that the cluster has by itself, each named by its name or its class. */
  without(...plugins: readonly PluginReference[]): this {
    if (this.#later !== undefined) throw coreErrors.ALREADY_STARTED({ host: this.name });
    this.#without.push(...plugins);
    return this;
  }

  /**
   * Starts the API server alone, which is quick, and resolves when it answers.
   *
   * @param options - `signal`: stops the cluster when it aborts, during the start or later.
   */
  async serve(options: { readonly signal?: AbortSignal } = {}): Promise<this> {
    this.#later ??= this.#place(this.#server);
    await this.#server.start(options);
    return this;
  }

  /** Starts all that is not started yet; resolves when everything runs. Calling it again gives the same promise. */
  start(options: { readonly signal?: AbortSignal } = {}): Promise<this> {
    this.#starting ??= this.#start(options);
    return this.#starting;
  }

  /** Stops the control plane, then the server. */
  stop(): Promise<void> {
    return this.#server.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Settles when the cluster has stopped; rejects where one of its parts, or the stop, failed. */
  get closed(): Promise<void> {
    return this.#server.closed.then(() => this.#failure);
  }

  /** The plugins of the server and of the control plane and what they need of each other, by the names of the two. */
  async graphs(): Promise<[name: string, graph: PluginGraph][]> {
    return (await this.#hosts()).map((host) => [host.name, host.graph()]);
  }

  /** Throws `KW_CORE_INVALID_PLUGINS` where the plugins of the server or of the control plane do not fit together. `start` does it too. */
  async validate(): Promise<void> {
    for (const host of await this.#hosts()) host.validate();
  }

  /** How every plugin fares, by the names of the two hosts: of the server and of the control plane. */
  async plugins(): Promise<[host: string, plugins: readonly PluginReport[]][]> {
    return (await this.#hosts()).map((host) => [host.name, host.plugins()]);
  }

  /** Something bound in the cluster: a service of the control plane where it runs, or else of the server. */
  get<T>(token: Token<T>): T {
    const host = this.#controlPlane?.state === 'running' ? this.#controlPlane : this.#server;
    return host.get(token);
  }

  /** Where HTTPS is served. */
  get url(): string {
    const url = this.#server.get(EmbeddedApiServer).url;
    if (url === undefined) throw clusterErrors.NOT_LISTENING({ wanted: 'URL' });
    return url;
  }

  /** Requests inside the process, in the name of a user: by default the administrator. */
  transport(user: User = clusterAdmin): Transport {
    return this.#server.get(EmbeddedApiServer).transport(user);
  }

  /** This cluster for whoever takes a connection. Closing it leaves the cluster running. */
  connection(): ClusterConnection {
    return { name: this.name, open: () => Promise.resolve({ transport: this.transport(), namespace: 'default' }) };
  }

  /** The text of a kubeconfig for the administrator. */
  kubeconfig(): string {
    return renderKubeconfig(this.#kubeconfigContent());
  }

  /** Writes that kubeconfig to a file of its own, for its owner's eyes. */
  async writeKubeconfig(path: string): Promise<void> {
    await writeKubeconfig(path, this.#kubeconfigContent());
  }

  #kubeconfigContent(): KubeconfigContent {
    const { authority, adminToken } = this.#server.get(ClusterCredentials);
    return { name: this.name, server: this.url, certificateAuthority: authority.certificate, token: adminToken };
  }

  async #start(options: { readonly signal?: AbortSignal }): Promise<this> {
    await this.serve(options);
    try {
      await this.#startControlPlane();
    } catch (error) {
      await this.#server.stop();
      throw error;
    }
    return this;
  }

  async #startControlPlane(): Promise<void> {
    const authority = this.#server.get(ClusterCredentials).authority.certificate;
    const host = (this.#controlPlane = await this.#makeControlPlane(this.#server, this.#later, authority));
    await host.start();
    // A cluster without its controllers is of no use: if they fail, all of it stops.
    this.#failure = host.closed.catch(async (error: unknown) => {
      await this.#server.stop();
      throw error;
    });
    this.#failure.catch(() => undefined); // `closed` hands it on.
  }

  /** The two hosts, or as long as they are not made, others like them. */
  async #hosts(): Promise<readonly Host[]> {
    if (this.#controlPlane !== undefined) return [this.#server, this.#controlPlane];
    const server = this.#later === undefined ? this.#makeServer() : this.#server;
    return [server, await this.#makeControlPlane(server, this.#later ?? this.#place(server), '')];
  }

  #makeServer(): Host {
    const { dataDirectory, listen = false } = this.#options;
    const place = listen === false ? undefined : { host: '127.0.0.1', port: 0, ...(listen === true ? {} : listen) };
    return new Host({ name: this.name, levels: [serverLevel] }).use([
      optionsPlugin(this.#options),
      { name: 'server-options', provides: [provide(ServerOptions, { value: { listen: place } })] },
      { name: 'data-path', provides: [provide(DataPath, { value: { path: dataDirectory } })] },
      DataDirectory,
      storageOf(this.#options) === 'sqlite' ? DirectoryStorage : MemoryStorage,
      ClusterCredentials,
      AdminTokenAuthenticator,
      apiServer(),
      EmbeddedApiServer,
    ]);
  }

  /** Gives the server's host what belongs to it. */
  #place(server: Host): LaterPlugins {
    const used = server.claim(this.#used);
    const [own, without] = [true, false].map((wanted) => this.#without.filter((each) => server.has(each) === wanted));
    server.without(...(own ?? []));
    return { used, without: without ?? [] };
  }

  async #makeControlPlane(server: Host, later: LaterPlugins | undefined, certificateAuthority: string): Promise<Host> {
    const { controlPlane, levels } = await import('./control-plane.js');
    const { nodes = 1 } = this.#options;
    const host = server.child({ name: `${this.name} control plane`, levels });
    host.use(controlPlane({ connection: this.connection(), certificateAuthority, nodes, version: kubernetesVersion }));
    for (const { plugin, options } of later?.used ?? []) host.use(plugin, options);
    return host.without(...(later?.without ?? []));
  }
}

/** What the control plane's host gets when it is made. */
interface LaterPlugins {
  readonly used: readonly PluginUse[];
  readonly without: readonly PluginReference[];
}

function storageOf({ dataDirectory, storage }: EmbeddedClusterOptions): 'memory' | 'sqlite' {
  return storage ?? (dataDirectory === undefined ? 'memory' : 'sqlite');
}

function optionsPlugin({ clock, logger }: EmbeddedClusterOptions): PluginLike {
  return {
    name: 'given-services',
    provides: [
      ...(clock ? [provide(Clock, { value: clock })] : []),
      ...(logger ? [provide(Logger, { value: logger })] : []),
    ],
  };
}

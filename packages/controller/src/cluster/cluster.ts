/**
 * The cluster that a host's controllers work on: its clients and its informers. One host has one; further clusters are child
 * hosts with their own.
 */
import { Clock, Logger, Metrics, Plugin, Random, Tracer, inject, optional, provide, token } from '@kubewright/core';
import type { Lifecycle, PluginLike, Token } from '@kubewright/core';
import { Client, InformerFactory } from '@kubewright/informer';
import type { ClusterConnection, PrepareOptions, Transport } from '@kubewright/informer';
import { controllerErrors } from '../errors/controller-errors.js';
import { fencedTransport } from '../write-fence/fenced-transport.js';
import { WriteFence } from '../write-fence/write-fence.js';

/** Whom a client writes as. */
export interface ClientIdentity {
  /** Owner of the fields it writes, and its user agent: a controller's name. */
  readonly name: string;
  /**
   * Whether its writes are the leader's, where copies of the program elect one: of another copy they reject with
   * `NOT_LEADING`. Default: true; false for what every copy may write, as the Lease itself.
   */
  readonly needsLeader?: boolean;
}

export interface Cluster {
  readonly name: string;
  /** For objects that name no namespace. */
  readonly namespace: string;
  /** The bare connection: what is written here asks nobody who leads. */
  readonly transport: Transport;
  /** Shared by everybody in the host: one store per kind. */
  readonly informers: InformerFactory;
  /** A client for writes and live reads. */
  client(identity: ClientIdentity): Client;
}

export const Cluster: Token<Cluster> = token('@kubewright/controller/Cluster');

/** Where `connectTo` leaves the connection for `ConnectedCluster`. */
export const Connection: Token<ClusterConnection> = token('@kubewright/controller/Connection');

/** How the caches of a host's cluster treat objects. Unless a plugin provides it, the defaults of `PrepareOptions` hold. */
export const CacheOptions: Token<PrepareOptions> = token('@kubewright/controller/CacheOptions');

interface OpenCluster {
  readonly transport: Transport;
  readonly namespace: string;
  readonly informers: InformerFactory;
}

/** The cluster behind a connection; opened when the host starts, closed when it has stopped. */
@Plugin({ name: 'cluster', stage: 'foundation', provides: [Cluster] })
export class ConnectedCluster implements Cluster, Lifecycle {
  #open: OpenCluster | undefined;

  constructor(
    @inject(Connection) private readonly connection: ClusterConnection,
    @inject(Clock) private readonly clock: Clock,
    @inject(Random) private readonly random: Random,
    @inject(Logger) private readonly logger: Logger,
    @inject(Metrics) private readonly metrics: Metrics,
    @inject(Tracer) private readonly tracer: Tracer,
    @inject(WriteFence) @optional() private readonly fence?: WriteFence,
    @inject(CacheOptions) @optional() private readonly caches?: PrepareOptions,
  ) {}

  async start(): Promise<void> {
    const { clock, random, logger, metrics, tracer } = this;
    const { transport, namespace } = await this.connection.open({ clock });
    const services = { clock, logger, metrics, tracer };
    const client = new Client({ transport, namespace, ...services, userAgent: 'kubewright/informers' });
    const informers = new InformerFactory({ ...this.caches, client, clock, random, logger, metrics });
    this.#open = { transport, namespace, informers };
  }

  async stop(): Promise<void> {
    await this.#open?.transport.close();
  }

  get name(): string {
    return this.connection.name;
  }

  get namespace(): string {
    return this.#opened.namespace;
  }

  get transport(): Transport {
    return this.#opened.transport;
  }

  get informers(): InformerFactory {
    return this.#opened.informers;
  }

  client({ name, needsLeader = true }: ClientIdentity): Client {
    const { clock, logger, metrics, tracer, fence } = this;
    const { transport, namespace } = this.#opened;
    return new Client({
      transport: needsLeader && fence !== undefined ? fencedTransport(transport, fence) : transport,
      namespace,
      clock,
      logger,
      metrics,
      tracer,
      fieldManager: name,
      userAgent: `kubewright/${name}`,
    });
  }

  get #opened(): OpenCluster {
    if (this.#open === undefined) throw controllerErrors.CLUSTER_NOT_OPEN({ cluster: this.connection.name });
    return this.#open;
  }
}

/** A plugin that makes `connection` the host's cluster. */
export function connectTo(connection: ClusterConnection): PluginLike {
  return [{ name: 'connection', provides: [provide(Connection, { value: connection })] }, ConnectedCluster];
}

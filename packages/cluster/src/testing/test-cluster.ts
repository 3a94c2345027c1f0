import { Storage } from '@kubewright/apiserver';
import { CacheOptions, Cluster } from '@kubewright/controller';
import { Clock, messageOf, provide } from '@kubewright/core';
import type { Logger, PluginLike, PluginReference, Token } from '@kubewright/core';
import type { Client, ClusterConnection, InformerFactory } from '@kubewright/informer';
import { EmbeddedCluster } from '../embedded/embedded-cluster.js';
import { clusterErrors } from '../errors/cluster-errors.js';
import { StorageChanges } from './storage-changes.js';

// Loaded with this module, so that the first cluster does not have to wait for it.
await import('../embedded/control-plane.js');

export interface TestClusterOptions {
  /** What is tested: controllers, and the services that they inject. */
  readonly controllers?: readonly PluginLike[];
  /** Whatever else the cluster is to have, as admission plugins. */
  readonly plugins?: readonly PluginLike[];
  /** Plugins that take the place of the cluster's own, by the names of these. */
  readonly replaces?: Readonly<Record<string, PluginLike>>;
  /** The cluster's own plugins that it is to do without, each by its name or its class. */
  readonly without?: readonly PluginReference[];
  /** How many simulated nodes. Default: 1. */
  readonly nodes?: number;
  /** Opens a port on the loopback address, for clients outside the process. Default: false. */
  readonly listen?: boolean;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
}

/** So that a controller which writes to what it read fails in its test, and not later in a neighbour. */
const frozenCaches: PluginLike = {
  name: 'frozen-caches',
  provides: [provide(CacheOptions, { value: { freeze: true } })],
};

export interface EventuallyOptions {
  /** Milliseconds to wait at most. Default: 10,000. */
  readonly timeout?: number;
}

/** What is not in the cluster changes unseen, so an expectation is looked at anew after so long in any case. */
const longestPause = 250;

/**
 * A cluster of a test's own: the real API server, the stock controllers and simulated nodes, in memory and without sockets.
 * Cached objects are frozen: a controller that writes to one throws.
 *
 * ```ts
 * await using cluster = await TestCluster.start({ controllers: [WebsiteController] });
 * await cluster.client.create(Website, { metadata: { name: 'home' }, spec: { … } });
 * await cluster.eventually(async () => {
 *   const site = await cluster.client.get(Website, { name: 'home' });
 *   expect(site.status?.readyReplicas).toBe(1);
 * });
 * ```
 */
export class TestCluster implements AsyncDisposable {
  /** Writes and reads as the administrator, in the namespace `default` unless an object names another. */
  readonly client: Client;
  readonly #cluster: EmbeddedCluster;

  private constructor(cluster: EmbeddedCluster) {
    this.#cluster = cluster;
    this.client = cluster.get(Cluster).client({ name: 'test' });
  }

  /** Resolves when all controllers run and the nodes are ready. */
  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const { controllers = [], plugins = [], nodes, listen = false, clock, logger, replaces = {} } = options;
    const cluster = new EmbeddedCluster({
      name: 'test',
      listen,
      ...(clock !== undefined && { clock }),
      ...(nodes !== undefined && { nodes }),
      ...(logger !== undefined && { logger }),
    });
    cluster.use([frozenCaches, ...plugins, ...controllers]).without(...(options.without ?? []));
    for (const [name, plugin] of Object.entries(replaces)) cluster.use(plugin, { replaces: name });
    return new TestCluster(await cluster.start());
  }

  /** The informers that the cluster's own controllers use. */
  get informers(): InformerFactory {
    return this.#cluster.get(Cluster).informers;
  }

  /** A plugin or service of the cluster. */
  get<T>(token: Token<T>): T {
    return this.#cluster.get(token);
  }

  /** For what takes a connection. */
  connection(): ClusterConnection {
    return this.#cluster.connection();
  }

  /** The text of an administrator's kubeconfig. Only where the cluster was started with `listen`. */
  kubeconfig(): string {
    return this.#cluster.kubeconfig();
  }

  /** Where HTTPS is served. Only where the cluster was started with `listen`. */
  get url(): string {
    return this.#cluster.url;
  }

  /**
   * Resolves with what `expectation` answers once it does not throw (nor reject): it is asked now, and after each change of
   * any object. Rejects with `KW_CLUSTER_EVENTUALLY` when the time is up; the `cause` is what it threw last.
   */
  async eventually<T>(expectation: () => T | Promise<T>, { timeout = 10_000 }: EventuallyOptions = {}): Promise<T> {
    const clock = this.get(Clock);
    const deadline = clock.monotonic() + timeout;
    const stop = new AbortController();
    const changes = await StorageChanges.follow(this.get(Storage), stop.signal);
    try {
      for (;;) {
        const changed = changes.next();
        try {
          return await expectation();
        } catch (cause) {
          const left = deadline - clock.monotonic();
          const reason = messageOf(cause);
          if (left <= 0) throw clusterErrors.EVENTUALLY({ milliseconds: timeout, reason }, { cause });
          await pause(changed, Math.min(left, longestPause), clock);
        }
      }
    } finally {
      stop.abort();
    }
  }

  stop(): Promise<void> {
    return this.#cluster.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Waits for a change or for the time to pass, and leaves no timer behind. */
async function pause(changed: Promise<void>, milliseconds: number, clock: Clock): Promise<void> {
  const over = new AbortController();
  await Promise.race([changed, clock.sleep(milliseconds, over.signal).catch(() => undefined)]);
  over.abort();
}

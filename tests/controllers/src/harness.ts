import type { Deployment, DeploymentSpec } from '@kubewright/api/apps/v1';
import { ReplicaSet } from '@kubewright/api/apps/v1';
import type { Kind, KubeObject } from '@kubewright/api';
import { Pod } from '@kubewright/api/core/v1';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { controllerHost, connectTo } from '@kubewright/controller';
import { Clock, Host, SystemClock } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { Client } from '@kubewright/informer';
import type { NewObject } from '@kubewright/informer';
import { FaultyTransport } from './faulty-transport.js';

const clock = new SystemClock();

export interface HarnessOptions {
  /** Called before any controller starts. */
  readonly prepare?: (client: Client, transport: FaultyTransport) => Promise<unknown> | void;
  /** Plugins that take the place of others, by the names of these. */
  readonly replacing?: Readonly<Record<string, PluginLike>>;
  /** The controllers' clock. Default: the system's. */
  readonly clock?: Clock;
}

/** An API server with controllers on it. */
export class Harness {
  #host: Host;

  private constructor(
    /** Somebody else's client, not the controllers'. */
    readonly client: Client,
    /** What the controllers go through. */
    readonly transport: FaultyTransport,
    private readonly makeHost: () => Host,
    private readonly stopServer: () => Promise<void>,
  ) {
    this.#host = makeHost();
  }

  static async start(
    plugins: readonly PluginLike[],
    { prepare, clock: hostClock, replacing = {} }: HarnessOptions,
  ): Promise<Harness> {
    const server = await startTestApiServer();
    const transport = new FaultyTransport(server.transport);
    const client = new Client({ transport: server.transport, namespace: 'default' });
    await prepare?.(client, transport);
    const connection = { name: 'test', open: () => Promise.resolve({ transport, namespace: 'default' }) };
    const makeHost = (): Host => {
      const host = new Host({ name: 'test' }).use(connectTo(connection)).use(controllerHost);
      if (hostClock !== undefined) host.override(Clock, hostClock);
      for (const plugin of plugins) host.use(plugin);
      for (const [replaces, plugin] of Object.entries(replacing)) host.use(plugin, { replaces });
      return host;
    };
    const harness = new Harness(client, transport, makeHost, () => server.stop());
    await harness.#host.start();
    return harness;
  }

  get host(): Host {
    return this.#host;
  }

  /** Stops the controllers in the middle of whatever they do, and starts new ones that know nothing. */
  async restart(): Promise<void> {
    await this.#host.stop();
    this.#host = this.makeHost();
    await this.#host.start();
  }

  async stop(): Promise<void> {
    await this.#host.stop();
    await this.stopServer();
  }

  /** Resolves with a kind's objects of a namespace as soon as they fulfil the condition; rejects after ten seconds. */
  async until<T extends KubeObject>(
    kind: Kind<T>,
    isMet: (objects: readonly T[]) => boolean,
    namespace = 'default',
  ): Promise<readonly T[]> {
    const scope = kind.scope === 'Namespaced' ? { namespace } : {};
    const signal = AbortSignal.timeout(10_000);
    for (;;) {
      const { items, metadata } = await this.client.list(kind, scope);
      if (isMet(items)) return items;
      const options = {
        ...scope,
        signal,
        ...(metadata.resourceVersion !== undefined && { resourceVersion: metadata.resourceVersion }),
      };
      try {
        for await (const event of this.client.watch(kind, options)) if (event.type !== 'BOOKMARK') break;
      } catch (error) {
        if (!signal.aborted) throw error;
        throw new Error(
          `it never came to that: ${JSON.stringify(items.map(({ metadata: { name, ...rest }, ...object }) => ({ name, rest, ...object })))}`,
          { cause: error },
        );
      }
    }
  }

  /** Resolves when the controllers have written nothing for `quiet` milliseconds. */
  async settle(quiet = 300): Promise<void> {
    for (let before = -1; before !== this.transport.writes.length;) {
      before = this.transport.writes.length;
      await clock.sleep(quiet);
    }
  }

  async specReplicas(): Promise<number[]> {
    const { items } = await this.client.list(ReplicaSet, { namespace: 'default' });
    return items.toSorted((a, b) => revision(a) - revision(b)).map(({ spec }) => spec?.replicas ?? 1);
  }

  async podNames(): Promise<string[]> {
    const { items } = await this.client.list(Pod, { namespace: 'default' });
    return items.map(({ metadata }) => metadata.name ?? '').toSorted();
  }
}

function revision(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.['deployment.kubernetes.io/revision']);
}

/** Uses a harness and ends it, whatever happens. */
export async function withHarness(
  plugins: readonly PluginLike[],
  work: (harness: Harness) => Promise<void>,
  options: HarnessOptions = {},
): Promise<void> {
  const harness = await Harness.start(plugins, options);
  try {
    await work(harness);
  } finally {
    await harness.stop();
  }
}

export function deployment(
  name: string,
  spec: Partial<DeploymentSpec> & { image?: string } = {},
): NewObject<Deployment> {
  const { image = 'v1', ...rest } = spec;
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image }], terminationGracePeriodSeconds: 0 },
      },
      ...rest,
    },
  };
}

export const image = (value: string): { type: 'strategic'; patch: object } => ({
  type: 'strategic',
  patch: { spec: { template: { spec: { containers: [{ name: 'main', image: value }] } } } },
});

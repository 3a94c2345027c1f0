import { Node, Pod } from '@kubewright/api/core/v1';
import { RequestHandler, UpgradeHandler } from '@kubewright/apiserver';
import { Cluster } from '@kubewright/controller';
import { Clock, Host, Logger, Plugin, inject, token } from '@kubewright/core';
import type { Lifecycle, StartContext, Token } from '@kubewright/core';
import { Client } from '@kubewright/informer';
import { ServerAccess } from '../server/server-access.js';
import { NodeAgent } from './node-agent.js';
import { nodeIdentity, simulatedAnnotation } from './node-identity.js';
import { PodAgent } from './pod-agent.js';
import { SimulatedPodStreams } from './pod-streams.js';

export interface SimulatedNodesOptions {
  /** How many nodes, `node-1` first. */
  readonly count: number;
  /** The Kubernetes version that they report. */
  readonly version: string;
}

export const SimulatedNodesOptions: Token<SimulatedNodesOptions> = token('@kubewright/cluster/SimulatedNodesOptions');

/** The simulated nodes of a cluster. Each writes as the user that its kubelet would be, so RBAC holds for them too. */
@Plugin({ name: 'simulated-nodes' })
export class SimulatedNodes implements Lifecycle {
  #pods: PodAgent | undefined;
  #clients: readonly Client[] = [];
  #beats: readonly Promise<void>[] = [];

  constructor(
    @inject(SimulatedNodesOptions) private readonly options: SimulatedNodesOptions,
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(ServerAccess) private readonly server: ServerAccess,
    @inject(Host) private readonly host: Host,
    @inject(Clock) private readonly clock: Clock,
    @inject(Logger) private readonly logger: Logger,
  ) {}

  /** Resolves when all nodes are registered and take Pods. */
  async start({ signal }: StartContext): Promise<void> {
    try {
      await this.#start(signal);
    } catch (error) {
      await Promise.all(this.#clients.map(({ transport }) => transport.close()));
      throw error;
    }
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { clock, logger, options } = this;
    const nodes = Array.from({ length: options.count }, (_, index) => {
      const identity = nodeIdentity(index);
      return { identity, client: this.#clientOf(identity.name) };
    });
    this.#clients = nodes.map(({ client }) => client);
    const names = new Set(nodes.map(({ identity }) => identity.name));
    await this.#removeForeign(names, signal);
    const agents = nodes.map((node) => new NodeAgent({ ...node, version: options.version, clock, logger }));
    await Promise.all(agents.map((agent) => agent.register()));
    this.#beats = agents.map((agent) => agent.run(signal));
    const pods = this.cluster.informers.informer(Pod);
    this.#pods = new PodAgent({ nodes, pods, clock, logger });
    await this.#pods.start(signal);
    const streams = new SimulatedPodStreams(
      (key) => pods.lister.get(key),
      (node) => names.has(node),
    );
    this.host.contribute(RequestHandler, streams, { by: this, signal });
    this.host.contribute(UpgradeHandler, streams, { by: this, signal });
  }

  async stop(): Promise<void> {
    await this.#pods?.stop();
    await Promise.all(this.#beats);
    await Promise.all(this.#clients.map(({ transport }) => transport.close()));
  }

  /** An earlier run may have had more nodes. Nobody would speak for them, nor for their Pods. */
  async #removeForeign(names: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const client = this.cluster.client({ name: 'simulated-nodes' });
    const { items } = await client.list(Node, { signal });
    const foreign = items.filter(
      ({ metadata }) => metadata.annotations?.[simulatedAnnotation] === 'true' && !names.has(metadata.name ?? ''),
    );
    for (const { metadata } of foreign) {
      const name = metadata.name ?? '';
      await client.delete(Node, { name }, { signal });
      const pods = await client.list(Pod, { fieldSelector: `spec.nodeName=${name}`, signal });
      await Promise.all(
        pods.items.map(({ metadata: pod }) =>
          client.delete(Pod, { name: pod.name ?? '', namespace: pod.namespace }, { gracePeriodSeconds: 0, signal }),
        ),
      );
    }
  }

  #clientOf(node: string): Client {
    const { clock, logger } = this;
    const user = { name: `system:node:${node}`, groups: ['system:nodes', 'system:authenticated'] };
    const transport = this.server.transport(user);
    return new Client({ transport, clock, logger, fieldManager: 'kubelet', userAgent: `kubelet/${node} (simulated)` });
  }
}

/**
 * Deployments that come, change and go while the connection of the controllers keeps failing. After each cycle the faults
 * pause, and the cluster must come to rest just as the Deployments want it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Deployment, ReplicaSet } from '@kubewright/api/apps/v1';
import { Pod } from '@kubewright/api/core/v1';
import { EmbeddedCluster } from '@kubewright/cluster';
import { controllerHost, connectTo } from '@kubewright/controller';
import { DeploymentController, ReplicaSetController } from '@kubewright/controllers';
import { Host } from '@kubewright/core';
import type { Random } from '@kubewright/core';
import { Client } from '@kubewright/informer';
import { FaultyTransport } from './faulty-transport.js';

export interface CycleReport {
  readonly cycle: number;
  readonly faults: number;
  /** Milliseconds from the end of the faults until the cluster was at rest. */
  readonly settled: number;
  /** Bytes of the heap in use after a collection, where the process was started with `--expose-gc`. */
  readonly heap: number | undefined;
}

const names = ['a', 'b', 'c', 'd', 'e'];
const writesPerCycle = 40;
const settleTimeout = 60_000;

/** Runs cycles until `isOver` answers true. Rejects with what was not as it should be. */
export async function churn(
  random: Random,
  isOver: (cycle: number) => boolean,
  report: (cycle: CycleReport) => void,
): Promise<void> {
  // The stock controllers of the cluster itself have no part in this: those under test come by the faulty connection.
  const cluster = await new EmbeddedCluster({ nodes: 3 })
    .use({ name: 'no-deployments' }, { replaces: 'deployment-controller' })
    .use({ name: 'no-replicasets' }, { replaces: 'replicaset-controller' })
    .start();
  const faulty = new FaultyTransport(cluster.transport(), random, { refused: 0.1, lost: 0.05, cut: 0.02 });
  const connection = { name: 'faulty', open: () => Promise.resolve({ transport: faulty, namespace: 'default' }) };
  const host = await new Host({ name: 'soak' })
    .use(connectTo(connection))
    .use([DeploymentController, ReplicaSetController, controllerHost])
    .start();
  const client = new Client({ transport: cluster.transport(), namespace: 'default' });
  try {
    for (let cycle = 1; !isOver(cycle); cycle++) {
      faulty.isFaulty = true;
      for (let write = 0; write < writesPerCycle; write++) {
        await change(client, random);
        // Time for the controllers to be in the middle of something when the next write comes.
        await delay(random.next() * 20);
      }
      faulty.isFaulty = false;
      const began = performance.now();
      await untilAtRest(client);
      globalThis.gc?.();
      report({
        cycle,
        faults: faulty.faults,
        settled: performance.now() - began,
        heap: globalThis.gc && process.memoryUsage().heapUsed,
      });
    }
  } finally {
    await host.stop();
    await cluster.stop();
  }
}

/** One write as a user would make it. */
async function change(client: Client, random: Random): Promise<void> {
  const pick = (limit: number): number => Math.floor(random.next() * limit);
  const name = names[pick(names.length)] ?? 'a';
  const present = (await client.list(Deployment, { namespace: 'default', fieldSelector: `metadata.name=${name}` }))
    .items[0];
  if (present === undefined)
    await client.create(Deployment, { metadata: { name }, spec: specOf(name, pick(5), `image:${pick(3)}`) });
  else if (present.metadata.deletionTimestamp !== undefined) return;
  else if (pick(6) === 0) await client.delete(Deployment, { name }, { propagationPolicy: 'Background' });
  else
    await client.patch(
      Deployment,
      { name },
      { type: 'merge', patch: { spec: specOf(name, pick(5), `image:${pick(3)}`) } },
    );
}

function specOf(name: string, replicas: number, image: string): NonNullable<Deployment['spec']> {
  const labels = { app: name };
  return {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } },
  };
}

async function untilAtRest(client: Client): Promise<void> {
  const deadline = performance.now() + settleTimeout;
  for (;;) {
    const problem = await findProblem(client);
    if (problem === undefined) return;
    if (performance.now() > deadline) throw new Error(`${settleTimeout / 1000} s after the last fault: ${problem}`);
    await delay(20);
  }
}

/** What is not yet as the Deployments want it; undefined at rest. */
async function findProblem(client: Client): Promise<string | undefined> {
  const list = { namespace: 'default' };
  const [deployments, sets, pods] = await Promise.all([
    client.list(Deployment, list),
    client.list(ReplicaSet, list),
    client.list(Pod, list),
  ]);
  const uids = new Set([...deployments.items, ...sets.items].map(({ metadata }) => metadata.uid));
  for (const { kind, metadata } of [...sets.items, ...pods.items]) {
    if (metadata.ownerReferences?.some(({ uid }) => uids.has(uid)) !== true)
      return `${kind} ${metadata.name} has no owner`;
  }
  for (const { metadata, spec, status } of deployments.items) {
    const own = pods.items.filter((pod) => pod.metadata.labels?.['app'] === metadata.name);
    const images = new Set(own.map((pod) => pod.spec?.containers[0]?.image));
    if (own.length !== spec?.replicas)
      return `Deployment ${metadata.name} wants ${spec?.replicas} pods and has ${own.length}`;
    if (own.length > 0 && !images.has(spec.template.spec?.containers[0]?.image))
      return `Deployment ${metadata.name} runs an old template`;
    if ((status?.readyReplicas ?? 0) !== spec.replicas)
      return `Deployment ${metadata.name} says that ${status?.readyReplicas ?? 0} of ${spec.replicas} are ready`;
  }
  return undefined;
}

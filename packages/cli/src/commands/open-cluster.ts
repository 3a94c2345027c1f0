import { join, resolve } from 'node:path';
import { EmbeddedCluster } from '@kubewright/cluster';
import type { CommandContext, CommandInvocation } from '@kubewright/core';
import { projectPlugins } from './project.js';
import type { clusterOptions } from './cluster-options.js';

export interface OpenCluster {
  /** Serves. */
  readonly cluster: EmbeddedCluster;
  /** The absolute path of the kubeconfig that was written for it. */
  readonly kubeconfig: string;
}

/** Starts a cluster's server as a command's options say. Resolves when it serves and its kubeconfig is written. */
export async function openCluster(
  storage: 'memory' | 'sqlite',
  { options, logger, directory, signal }: CommandInvocation<typeof clusterOptions>,
): Promise<OpenCluster> {
  const { dataDir, nodes, port, plugin } = options;
  const cluster = new EmbeddedCluster({
    dataDirectory: dataDir,
    storage,
    nodes,
    listen: { port },
    logger,
  });
  cluster.use(await projectPlugins(directory, plugin));
  await cluster.serve({ signal });
  const kubeconfig = resolve(options.kubeconfig ?? join(dataDir, 'kubeconfig'));
  await cluster.writeKubeconfig(kubeconfig);
  return { cluster, kubeconfig };
}

/** Told as a cluster goes through its life. */
export interface ClusterObserver {
  running(): void;
  stopping?(): void;
}

/** Milliseconds in which the server belongs to whoever waited for it, before the control plane is loaded in the same thread. */
const headStart = 100;

/** Starts the rest of a cluster and keeps it until the signal aborts, or until one of its parts fails, which rejects; then stops it in order. */
export async function runToEnd(
  { cluster }: OpenCluster,
  { clock, signal }: CommandContext,
  observer: ClusterObserver,
): Promise<void> {
  try {
    await clock.sleep(headStart, signal);
    await cluster.start();
    observer.running();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const onAbort = (): void => observer.stopping?.();
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  await cluster.closed;
}

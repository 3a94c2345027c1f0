import { relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { CommandHandler } from '@kubewright/core';
import type { upOptions } from './cluster-options.js';
import { openCluster, runToEnd } from './open-cluster.js';

/** `kubewright up`: a cluster until it is interrupted. */
export const up: CommandHandler<typeof upOptions> = async (invocation) => {
  const { options: settings, io } = invocation;
  const print = (text: string): void => void (settings.quiet || io.stdout.write(`${text}\n`));
  // Counted from the start of the process, which is what a user waits for.
  const elapsed = (): string => `${Math.round(performance.now())} ms`;
  const open = await openCluster(settings.storage, invocation);
  const path = relative('', open.kubeconfig);
  print(`the API server is ready at ${open.cluster.url} after ${elapsed()}`);
  print(`  kubectl --kubeconfig ${path.startsWith('..') ? open.kubeconfig : path} get pods --all-namespaces`);
  await runToEnd(open, invocation, {
    running: () => {
      const fate = settings.storage === 'memory' ? 'are gone when it stops' : `are kept in ${settings.dataDir}`;
      const nodes = settings.nodes === 1 ? '1 simulated node' : `${settings.nodes} simulated nodes`;
      print(`the stock controllers and ${nodes} run after ${elapsed()}; objects ${fate}; Ctrl-C stops the cluster`);
    },
    stopping: () => print('stopping'),
  });
};

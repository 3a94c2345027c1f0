/** Connections that load what they need when they are opened: a program for a real cluster never loads an embedded one. */
import type { EmbeddedConnectionOptions } from '@kubewright/cluster';
import { kubeconfig } from '@kubewright/informer';
import type { ClusterConnection } from '@kubewright/informer';

/** Set by `kubewright dev` for the program that it runs: the kubeconfig of the cluster that it keeps for it. */
export const devKubeconfigVariable = 'KUBEWRIGHT_DEV_KUBECONFIG';

/**
 * A cluster inside this process: started when the connection is opened, stopped when the program stops. Needs the package
 * `@kubewright/cluster`. Under `kubewright dev` it is the cluster of that command, which outlives restarts of the program.
 */
export function embedded(options: EmbeddedConnectionOptions = {}): ClusterConnection {
  const path = process.env[devKubeconfigVariable];
  if (path !== undefined && path !== '') return kubeconfig({ path });
  return {
    name: options.name ?? 'embedded',
    async open(services) {
      const { embedded: connect } = await import('@kubewright/cluster');
      return await connect(options).open(services);
    },
  };
}

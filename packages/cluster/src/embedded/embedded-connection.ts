import type { PluginLike } from '@kubewright/core';
import type { ClusterConnection, OpenConnection } from '@kubewright/informer';
import { EmbeddedCluster } from './embedded-cluster.js';
import type { EmbeddedClusterOptions } from './embedded-cluster.js';

export interface EmbeddedConnectionOptions extends EmbeddedClusterOptions {
  /** Plugins of the cluster itself, as admission plugins or another storage. */
  readonly plugins?: readonly PluginLike[];
}

/**
 * A cluster of this program's own, as a connection: opening it starts the cluster and resolves when it serves, closing the
 * connection's transport stops it.
 */
export function embeddedConnection({ plugins = [], ...options }: EmbeddedConnectionOptions = {}): ClusterConnection {
  return {
    name: options.name ?? 'embedded',
    async open({ clock } = {}): Promise<OpenConnection> {
      const cluster = new EmbeddedCluster({ ...(clock && { clock }), ...options }).use(plugins);
      await cluster.start();
      const transport = cluster.transport();
      return {
        namespace: 'default',
        transport: {
          send: (request, signal) => transport.send(request, signal),
          async close() {
            await transport.close();
            await cluster.stop();
          },
        },
      };
    },
  };
}

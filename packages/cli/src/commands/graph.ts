import { EmbeddedCluster } from '@kubewright/cluster';
import type { CommandHandler } from '@kubewright/core';
import { projectPlugins } from './project.js';
import type { graphOptions } from './cluster-options.js';

/** `kubewright graph`: the plugins of the cluster that `up` would start here. */
export const graph: CommandHandler<typeof graphOptions> = async ({ options, io, directory }) => {
  const { plugin, format } = options;
  const cluster = new EmbeddedCluster().use(await projectPlugins(directory, plugin));
  for (const [name, plugins] of await cluster.graphs()) {
    const heading = format === 'mermaid' ? `%% ${name}` : `# ${name}`;
    io.stdout.write(`${heading}\n${format === 'mermaid' ? plugins.toMermaid() : plugins.toString()}\n`);
  }
};

import { EmbeddedCluster } from '@kubewright/cluster';
import type { CliHandler, SettingValues } from '@kubewright/core';
import { projectPlugins } from '../cli/project.js';
import type { graphOptions } from './builtin-commands.js';

/** `kubewright graph`: the plugins of the cluster that `up` would start here. */
export const graph: CliHandler = async ({ options }) => {
  const { plugin, format } = options as SettingValues<typeof graphOptions>;
  const cluster = new EmbeddedCluster().use(await projectPlugins(process.cwd(), plugin));
  for (const [name, plugins] of await cluster.graphs()) {
    const heading = format === 'mermaid' ? `%% ${name}` : `# ${name}`;
    process.stdout.write(`${heading}\n${format === 'mermaid' ? plugins.toMermaid() : plugins.toString()}\n`);
  }
};

import { CliCommand, pluginData } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { projectPlugins } from './project.js';

/** The commands that the plugins of a project contribute. They are data, so no plugin is built for it. */
export async function pluginCommands(directory: string): Promise<CliCommand[]> {
  return (await projectPlugins(directory, [])).flatMap(commandsOf);
}

function commandsOf(plugin: PluginLike): CliCommand[] {
  if (Array.isArray(plugin)) return (plugin as readonly PluginLike[]).flatMap(commandsOf);
  const single = plugin as Exclude<PluginLike, readonly PluginLike[]>;
  const contributes = (typeof single === 'function' ? pluginData(single) : single)?.contributes ?? [];
  return contributes.flatMap((entry) =>
    typeof entry === 'object' && entry.token === CliCommand && 'value' in entry.target
      ? [entry.target.value as CliCommand]
      : [],
  );
}

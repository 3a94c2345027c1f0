import { CliCommand, isList, pluginData } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { cliErrors } from '../errors.js';
import { projectPlugins } from './project.js';

/** The commands that the plugins of a project contribute. They are data, so no plugin is built for it. */
export async function pluginCommands(directory: string): Promise<CliCommand[]> {
  return (await projectPlugins(directory, [])).flatMap(commandsOf);
}

function commandsOf(plugin: PluginLike): CliCommand[] {
  if (isList(plugin)) return plugin.flatMap(commandsOf);
  const contributes = (typeof plugin === 'function' ? pluginData(plugin) : plugin)?.contributes ?? [];
  return contributes.flatMap((entry) => {
    const { token, target } = typeof entry === 'object' ? entry : { token: entry, target: undefined };
    if (token !== CliCommand) return [];
    if (target !== undefined && 'value' in target) return [target.value as CliCommand];
    throw cliErrors.COMMAND_NOT_A_VALUE({ plugin: nameOf(plugin) });
  });
}

function nameOf(plugin: Exclude<PluginLike, readonly PluginLike[]>): string {
  return (typeof plugin === 'function' ? pluginData(plugin)?.name : plugin.name) ?? 'unnamed';
}

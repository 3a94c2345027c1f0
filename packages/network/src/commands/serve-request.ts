import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cniMain } from '@kubewright/cni-sdk';
import type { PluginProcess } from '@kubewright/cni-sdk';
import { networkPlugins } from '../daemon/network-plugins.js';
import { HostNetwork } from '../host/host-network.js';

/** Of the installed package: the program that serves one request with the network plugins. */
const program = '../../bin/cni-request.js';

/** What a shim has to start while its daemon is away; it adds the plugin's type. @param stateDirectory - that of the daemon. */
export function requestCommand(stateDirectory: string): string[] {
  return [process.execPath, fileURLToPath(new URL(program, import.meta.url)), resolve(stateDirectory)];
}

/**
 * Serves one request, which comes in variables and on stdin as a runtime makes it.
 *
 * @param words - the directory where attachments are written down, and the plugin's type.
 */
export async function serveRequest(
  [stateDirectory = '', type = '']: readonly string[],
  target: PluginProcess = process,
): Promise<void> {
  await using host = new HostNetwork({ stateDirectory });
  const plugins = networkPlugins(host);
  const plugin = plugins.find((one) => one.type === type);
  if (plugin === undefined) throw new RangeError(`there is no network plugin '${type}': install the plugins again`);
  await cniMain(plugin, target, plugins);
}

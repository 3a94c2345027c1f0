import { once } from 'node:events';
import { Host } from '@kubewright/core';
import type { CommandHandler } from '@kubewright/core';
import { loadPluginPackage } from '@kubewright/core/config';
import { runtimePlugins } from '../plugins/runtime-plugins.js';
import type { serveOptions } from './options.js';

export const serve: CommandHandler<typeof serveOptions> = async ({ options, io, directory, signal }) => {
  const { plugin, cni, mirror, snapshotter, network, ...rest } = options;
  const host = new Host({ name: 'runtime' }).use(
    await runtimePlugins({
      ...rest,
      cniPlugins: cni,
      mirrors: mirrorTable(mirror),
      ...(snapshotter !== undefined && { snapshotter }),
      ...(network !== undefined && { network }),
    }),
  );
  for (const name of plugin) host.use(await loadPluginPackage(name, { directory }));
  await host.start({ signal });
  io.stdout.write(`the container runtime listens on ${rest.address}\n`);
  if (!signal.aborted) await once(signal, 'abort');
  await host.stop();
};

/** `HOST=URL` each, several for one host in order. */
function mirrorTable(entries: readonly string[]): Record<string, string[]> {
  const table: Record<string, string[]> = {};
  for (const entry of entries) {
    const at = entry.indexOf('=');
    (table[entry.slice(0, at)] ??= []).push(entry.slice(at + 1));
  }
  return table;
}

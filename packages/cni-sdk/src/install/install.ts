/**
 * Putting plugins where a runtime finds them. Each file appears whole or not at all, and the network list comes last, since a
 * runtime starts calling the plugins as soon as it sees it; removal goes the other way round.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { joinInside, syncDirectory, writeFileDurably } from '@kubewright/linux';
import { SystemRandom } from '@kubewright/core';
import type { Random } from '@kubewright/core';
import { cniSdkErrors } from '../errors.js';
import { servedVersions } from '../plugin/cni-plugin.js';
import type { CniPlugin } from '../plugin/cni-plugin.js';
import type { Json } from '../result/encode.js';
import { parseNetworkList } from '../runner/network-list.js';
import { buildShim } from '../shim/shim.js';

export interface InstallOptions {
  readonly plugins: readonly CniPlugin[];
  /** Where the runtime looks for plugins: `/opt/cni/bin`, for most. */
  readonly binDirectory: string;
  /** The socket of the daemon that serves them. */
  readonly socketPath: string;
  /** The program, and its arguments, that serves one request when the daemon is away; the plugin's type is added. Default: none. */
  readonly fallback?: readonly string[];
  /** Default: that of this machine. */
  readonly architecture?: string;
  /** Names unfinished files. Default: the machine's. */
  readonly random?: Random;
}

export interface InstallNetworkOptions {
  /** Where the runtime looks for networks: `/etc/cni/net.d`, for most. */
  readonly configDirectory: string;
  /** As `10-kubewright.conflist`: the runtime takes the first by name. */
  readonly file: string;
  readonly list: Json;
  readonly random?: Random;
}

/** Writes a shim per plugin, replacing what is there also while it runs. Returns the paths. */
export async function installPlugins(options: InstallOptions): Promise<string[]> {
  const { plugins, binDirectory, socketPath, fallback, architecture, random = new SystemRandom() } = options;
  await mkdir(binDirectory, { recursive: true, mode: 0o755 });
  const paths: string[] = [];
  for (const plugin of plugins) {
    const shim = buildShim({
      type: plugin.type,
      socketPath,
      versions: servedVersions(plugin),
      ...(fallback === undefined ? {} : { fallback: [...fallback, plugin.type] }),
      ...(architecture === undefined ? {} : { architecture }),
    });
    const path = fileIn(binDirectory, plugin.type);
    await writeFileDurably(path, shim, { mode: 0o755, temporary: random.uuid() });
    paths.push(path);
  }
  return paths;
}

/**
 * Writes the network list, once the plugins are in place and their daemon answers. A list that a runtime could not read is
 * refused before anything is written.
 */
export async function installNetwork({
  configDirectory,
  file,
  list,
  random = new SystemRandom(),
}: InstallNetworkOptions): Promise<string> {
  if (!file.endsWith('.conflist'))
    throw cniSdkErrors.INVALID_NETWORK({ source: file, problem: "the file's name must end in .conflist" });
  parseNetworkList(list, file);
  await mkdir(configDirectory, { recursive: true, mode: 0o755 });
  const path = fileIn(configDirectory, file);
  await writeFileDurably(path, `${JSON.stringify(list, null, 2)}\n`, { mode: 0o644, temporary: random.uuid() });
  return path;
}

/** Takes the list away first, so that no runtime calls a plugin that is going. What is not there is no error. */
export async function uninstall(what: {
  readonly network?: Pick<InstallNetworkOptions, 'configDirectory' | 'file'>;
  readonly plugins?: Pick<InstallOptions, 'binDirectory' | 'plugins' | 'socketPath'>;
}): Promise<void> {
  if (what.network !== undefined) await remove(what.network.configDirectory, what.network.file);
  if (what.plugins === undefined) return;
  const { binDirectory, plugins, socketPath } = what.plugins;
  for (const { type } of plugins) {
    // Another program's plugin of the same name stays.
    if (await mentions(fileIn(binDirectory, type), socketPath)) await remove(binDirectory, type);
  }
}

async function remove(directory: string, file: string): Promise<void> {
  await rm(fileIn(directory, file), { force: true });
  await syncDirectory(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

async function mentions(path: string, socketPath: string): Promise<boolean> {
  const content = await readFile(path).catch(() => Buffer.alloc(0));
  return content.includes(Buffer.from(`${socketPath}\0`));
}

function fileIn(directory: string, name: string): string {
  if (basename(name) !== name) throw new RangeError(`'${name}' must be the name of a file, not a path`);
  return joinInside(directory, name);
}

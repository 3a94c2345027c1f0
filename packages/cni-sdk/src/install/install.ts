/**
 * Putting plugins where a runtime finds them. Each file appears whole or not at all, and the network list comes last, since a
 * runtime starts calling the plugins as soon as it sees it; removal goes the other way round. Other vendors' plugins of the same
 * names are kept beside ours and put back.
 */
import { link, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { joinInside, syncDirectory, writeFileDurably } from '@kubewright/linux';
import { SystemRandom, hasCode } from '@kubewright/core';
import type { Random } from '@kubewright/core';
import { cniSdkErrors } from '../errors.js';
import { servedVersions } from '../plugin/cni-plugin.js';
import type { CniPlugin } from '../plugin/cni-plugin.js';
import type { CniJson } from '../result/encode.js';
import { parseNetworkList } from '../runner/network-list.js';
import { buildShim, isShim } from '../shim/shim.js';

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
  /** Whether to replace other vendors' plugins of the same names; `uninstall` puts them back. Default: false. */
  readonly force?: boolean;
  /** Names unfinished files. Default: the machine's. */
  readonly random?: Random;
}

export interface InstallNetworkOptions {
  /** Where the runtime looks for networks: `/etc/cni/net.d`, for most. */
  readonly configDirectory: string;
  /** As `10-kubewright.conflist`: the runtime takes the first by name. */
  readonly file: string;
  readonly list: CniJson;
  readonly random?: Random;
}

/**
 * Writes a shim per plugin, replacing older shims also while they run. Returns the paths.
 *
 * @throws KW_CNI_FOREIGN_PLUGIN, before anything is written, where a file of that name is no shim and `force` is not set.
 */
export async function installPlugins(options: InstallOptions): Promise<string[]> {
  const { plugins, binDirectory, socketPath, fallback, architecture, random = new SystemRandom() } = options;
  await mkdir(binDirectory, { recursive: true, mode: 0o755 });
  const foreign: string[] = [];
  for (const { type } of plugins) if (await isForeign(fileIn(binDirectory, type))) foreign.push(type);
  if (foreign.length > 0 && options.force !== true) {
    throw cniSdkErrors.FOREIGN_PLUGIN({ directory: binDirectory, types: foreign });
  }
  for (const type of foreign) await keep(binDirectory, type);
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
  if (parseNetworkList(list, file).plugins.length === 0)
    throw cniSdkErrors.INVALID_NETWORK({ source: file, problem: "'plugins' must name at least one plugin" });
  await mkdir(configDirectory, { recursive: true, mode: 0o755 });
  const path = fileIn(configDirectory, file);
  await writeFileDurably(path, `${JSON.stringify(list, null, 2)}\n`, { mode: 0o644, temporary: random.uuid() });
  return path;
}

/**
 * Takes the list away first, so that no runtime calls a plugin that is going, then the shims that lead to the socket. What a shim
 * replaced is put back. What is not there is no error. Returns the paths of what was taken away.
 */
export async function uninstall(what: {
  readonly network?: Pick<InstallNetworkOptions, 'configDirectory' | 'file'>;
  readonly plugins?: Pick<InstallOptions, 'binDirectory' | 'plugins' | 'socketPath'>;
}): Promise<string[]> {
  const gone: string[] = [];
  if (what.network !== undefined) {
    const { configDirectory, file } = what.network;
    const path = fileIn(configDirectory, file);
    if (await isDone(rm(path))) gone.push(path);
    await isDone(syncDirectory(configDirectory));
  }
  if (what.plugins === undefined) return gone;
  const { binDirectory, plugins, socketPath } = what.plugins;
  for (const { type } of plugins) {
    const path = fileIn(binDirectory, type);
    const content = await contentOf(path);
    // Another program's plugin of the same name stays.
    if (content === undefined || !isShim(content, socketPath)) continue;
    if (!(await isDone(rename(keptIn(binDirectory, type), path)))) await rm(path);
    gone.push(path);
  }
  await isDone(syncDirectory(binDirectory));
  return gone;
}

async function isForeign(path: string): Promise<boolean> {
  const content = await contentOf(path);
  return content !== undefined && !isShim(content);
}

/** Gives another vendor's plugin a second name, under which no runtime looks, so that replacing the first one leaves it whole. */
async function keep(directory: string, type: string): Promise<void> {
  const kept = keptIn(directory, type);
  await rm(kept, { force: true });
  await link(fileIn(directory, type), kept);
}

function keptIn(directory: string, type: string): string {
  return fileIn(directory, `.${type}.before-kubewright`);
}

/** Undefined where nothing is there. */
async function contentOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** False where what it is about was not there. */
async function isDone(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function fileIn(directory: string, name: string): string {
  if (basename(name) !== name) throw new RangeError(`'${name}' must be the name of a file, not a path`);
  return joinInside(directory, name);
}

import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { asError, hasCode, isList, isRecord, recordOf } from '@kubewright/core';
import { cniSdkErrors } from '../errors.js';
import { joinInside } from '@kubewright/linux';
import type { CniJson } from '../result/encode.js';
import { compareVersions, isCniVersion, oldestVersion } from '../version/version.js';
import type { CniVersion } from '../version/version.js';

/** A chain of plugins under one name. */
export interface NetworkList {
  readonly name: string;
  /** The newest version that the list offers and this kit knows. */
  readonly version: CniVersion;
  readonly disableCheck: boolean;
  readonly disableGc: boolean;
  /** Each plugin's object as it was written. */
  readonly plugins: readonly CniJson[];
}

const listExtension = '.conflist';
const singleExtensions = ['.conf', '.json'];

/** All networks of a directory, in the order of their files' names. Files that cannot be read are reported, not thrown. */
export async function loadNetworks(
  directory: string,
): Promise<{ readonly networks: readonly NetworkList[]; readonly problems: readonly Error[] }> {
  const networks: NetworkList[] = [];
  const problems: Error[] = [];
  const files = (await readdir(directory)).sort();
  for (const file of files) {
    const single = singleExtensions.includes(extname(file));
    if (!single && extname(file) !== listExtension) continue;
    try {
      const json = parseText(await readFile(join(directory, file), 'utf8'), file);
      networks.push(single ? singleNetwork(json, file) : await completeList(json, file, directory));
    } catch (error) {
      problems.push(asError(error));
    }
  }
  return { networks, problems };
}

/**
 * The network of that name: lists come before single plugins. Files are read in their order until one has the name.
 *
 * @throws KW_CNI_NETWORK_NOT_FOUND; KW_CNI_INVALID_NETWORK or KW_CNI_NO_VERSION for the file that has the name, and the former also
 * for one before it that is no JSON object; the system's error where the directory cannot be read.
 */
export async function loadNetwork(directory: string, name: string): Promise<NetworkList> {
  const files = (await readdir(directory)).sort();
  for (const extensions of [[listExtension], singleExtensions]) {
    for (const file of files.filter((one) => extensions.includes(extname(one)))) {
      const json = parseText(await readFile(join(directory, file), 'utf8'), file);
      if (json['name'] !== name) continue;
      return extensions[0] === listExtension ? await completeList(json, file, directory) : singleNetwork(json, file);
    }
  }
  throw cniSdkErrors.NETWORK_NOT_FOUND({ name, directory });
}

/** Reads the object of a `.conflist` file. @param source - the file's name, for errors. */
export function parseNetworkList(json: CniJson, source: string): NetworkList {
  const name = json['name'];
  if (typeof name !== 'string' || !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    throw invalid(source, "'name' must start with a letter or digit and have only those, '_', '.' and '-'");
  }
  const plugins = json['plugins'] ?? [];
  if (!Array.isArray(plugins)) throw invalid(source, "'plugins' must be a list");
  return {
    name,
    version: negotiate(json, source),
    disableCheck: flag(json, 'disableCheck', source),
    disableGc: flag(json, 'disableGC', source),
    plugins: plugins.map((plugin: unknown, index) => checkPlugin(plugin, index, source)),
  };
}

async function completeList(json: CniJson, source: string, directory: string): Promise<NetworkList> {
  const list = parseNetworkList(json, source);
  const further = flag(json, 'loadOnlyInlinedPlugins', source) ? [] : await readFurther(list.name, directory);
  const plugins = [...list.plugins, ...further];
  if (plugins.length === 0) throw invalid(source, "'plugins' must name at least one plugin");
  return { ...list, plugins };
}

/** Plugins that other programs add to a network, each in a file of the network's own directory. */
async function readFurther(name: string, directory: string): Promise<CniJson[]> {
  const own = joinInside(directory, name);
  const files = await readdir(own).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return [];
    throw error;
  });
  const further: CniJson[] = [];
  for (const file of files.filter((one) => extname(one) === '.conf').sort()) {
    const source = `${name}/${file}`;
    further.push(checkPlugin(parseText(await readFile(join(own, file), 'utf8'), source), 0, source));
  }
  return further;
}

function singleNetwork(json: CniJson, source: string): NetworkList {
  const { cniVersion, name } = json;
  return parseNetworkList({ cniVersion, name, plugins: [json] }, source);
}

function negotiate(json: CniJson, source: string): CniVersion {
  const offered = [json['cniVersion'], ...(isList(json['cniVersions']) ? json['cniVersions'] : [])].filter(
    (one) => one !== undefined && one !== '',
  );
  if (offered.length === 0) return oldestVersion;
  const known = offered.filter((one) => typeof one === 'string').filter(isCniVersion);
  const newest = known.sort(compareVersions).at(-1);
  if (newest === undefined) throw cniSdkErrors.NO_VERSION({ source, versions: offered.map(String) });
  return newest;
}

/** Some tools write booleans as text. */
function flag(json: CniJson, key: string, source: string): boolean {
  const value = json[key] ?? false;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw invalid(source, `'${key}' must be true or false`);
}

function checkPlugin(plugin: unknown, index: number, source: string): CniJson {
  const config = recordOf(plugin);
  const type = config['type'];
  if (typeof type !== 'string' || type === '') throw invalid(source, `'plugins[${index}].type' must be set`);
  return config;
}

function parseText(text: string, source: string): CniJson {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch (cause) {
    throw cniSdkErrors.INVALID_NETWORK({ source, problem: String(cause) }, { cause });
  }
  throw invalid(source, 'it must be a JSON object');
}

function invalid(source: string, problem: string): Error {
  return cniSdkErrors.INVALID_NETWORK({ source, problem });
}

/**
 * A run: what has to be known of the plugin (`open-profile`), which checks fit it (`plan`), and running them
 * (`run-checks`).
 */
import { access, constants, readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { cniVersions, compareVersions } from '@kubewright/cni-sdk';
import type { CniVersion, CniJson } from '@kubewright/cni-sdk';
import { SystemClock, errorCode, messageOf, recordOf } from '@kubewright/core';
import type { Clock } from '@kubewright/core';
import { runPlugin } from '../call/plugin-process.js';
import { isObject } from '../call/reply.js';
import { sanityErrors } from '../errors.js';
import { RecordingIpam } from '../ipam/recording-ipam.js';
import { addressManager, isVersion, knownType } from '../profile/profile.js';
import type { PluginKind, Profile } from '../profile/profile.js';

export interface ProfileOptions {
  /** Path of the executable; its name is the plugin's type. */
  readonly plugin: string;
  /** Default: what is known of a plugin of this name, else `interface`. */
  readonly kind?: PluginKind;
  /** A network list or the configuration of one plugin. Default: what is known, else nothing beside the addresses. */
  readonly config?: CniJson;
  /**
   * Who gives out addresses: a plugin that takes what host-local takes, or `none`. Default: what the configuration says, else an
   * address manager that comes with the checks.
   */
  readonly ipam?: string;
  /** Default: all that the plugin lists. */
  readonly versions?: readonly string[];
  /** Directories of other plugins, beside the plugin's own. */
  readonly cniPath?: readonly string[];
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

const versionTimeout = 30_000;

/**
 * Finds out all that the checks need to know of a plugin; asks it for its versions.
 *
 * @throws KW_SANITY_NO_PLUGIN, KW_SANITY_INVALID_CONFIG or KW_SANITY_UNKNOWN_VERSION.
 */
export async function openProfile(options: ProfileOptions): Promise<Profile> {
  const plugin = resolve(options.plugin);
  await requireExecutable(plugin);
  const type = basename(plugin);
  const known = knownType(plugin);
  const kind = options.kind ?? known?.kind ?? 'interface';
  const given = options.config === undefined ? (known?.config ?? {}) : pluginConfig(options.config, type);
  const unknown = (options.versions ?? []).filter((version) => !isVersion(version))[0];
  if (unknown !== undefined) throw sanityErrors.UNKNOWN_VERSION({ version: unknown, known: cniVersions });
  const versions = options.versions?.filter(isVersion) ?? (await listedVersions(plugin, options));
  const config = kind === 'interface' ? withAddresses(given, options.ipam) : given;
  return {
    plugin,
    type,
    kind,
    config,
    second: known?.second ?? {},
    ipam: kind === 'interface' && isObject(config['ipam']),
    versions: versions.toSorted(compareVersions),
    cniPath: options.cniPath ?? [],
  };
}

/** Reads a file with a configuration. @throws KW_SANITY_INVALID_CONFIG. */
export async function readConfig(path: string): Promise<CniJson> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw sanityErrors.INVALID_CONFIG({ source: path, problem: messageOf(cause) }, { cause });
  }
  if (!isObject(value)) throw sanityErrors.INVALID_CONFIG({ source: path, problem: 'it is no JSON object' });
  return value;
}

async function requireExecutable(path: string): Promise<void> {
  try {
    await access(path, constants.X_OK);
  } catch (cause) {
    throw sanityErrors.NO_PLUGIN({ path, problem: errorCode(cause) ?? String(cause) }, { cause });
  }
  if (!(await stat(path)).isFile()) throw sanityErrors.NO_PLUGIN({ path, problem: 'it is no file' });
}

/** Of a list, the entry of this type. What the checks set themselves is left out. */
function pluginConfig(config: CniJson, type: string): CniJson {
  const { plugins } = config;
  const chosen = Array.isArray(plugins)
    ? plugins.find((one: unknown): one is CniJson => isObject(one) && one['type'] === type)
    : config;
  if (chosen === undefined) {
    throw sanityErrors.INVALID_CONFIG({
      source: 'of the network',
      problem: `none of its plugins has the type '${type}'`,
    });
  }
  const ours = ['cniVersion', 'cniVersions', 'name', 'type', 'prevResult'];
  return Object.fromEntries(Object.entries(chosen).filter(([key]) => !ours.includes(key)));
}

function withAddresses(config: CniJson, ipam: string | undefined): CniJson {
  if (ipam === 'none') return Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'ipam'));
  if (ipam !== undefined) return { ...config, ipam: addressManager(ipam) };
  return 'ipam' in config ? config : { ...config, ipam: { type: RecordingIpam.type } };
}

/** A plugin that cannot tell is taken for one of the first version, from before there was a way to ask. */
async function listedVersions(
  plugin: string,
  { clock = new SystemClock(), signal }: ProfileOptions,
): Promise<CniVersion[]> {
  const reply = await runPlugin({
    executable: plugin,
    namespace: undefined,
    environment: { CNI_COMMAND: 'VERSION' },
    stdin: JSON.stringify({ cniVersion: '1.1.0' }),
    timeout: versionTimeout,
    clock,
    signal: signal ?? new AbortController().signal,
  });
  try {
    const { supportedVersions } = recordOf(JSON.parse(reply.stdout));
    const listed = (Array.isArray(supportedVersions) ? supportedVersions : []).filter(
      (one): one is CniVersion => typeof one === 'string' && isVersion(one),
    );
    return listed.length === 0 ? ['0.1.0'] : listed;
  } catch {
    return ['0.1.0'];
  }
}

/**
 * The runtime's side of CNI (the role of libcni): which networks are configured, calling the plugins of one in a chain,
 * and remembering what ADD did until DEL.
 */
import { SystemRandom } from '@kubewright/core';
import type { Random } from '@kubewright/core';
import { KeyedLock } from '@kubewright/core/async';
import { CniError, cniErrorCode, cniSdkErrors } from '../errors.js';
import type { ValidAttachment } from '../config/network-config.js';
import { acceptOutput, parseOutput } from '../execute/executor.js';
import type { PluginExecutor } from '../execute/executor.js';
import { checkIdentifier, checkInterfaceName } from '../request/environment.js';
import type { CniVerb, Environment } from '../request/environment.js';
import { decodeResult } from '../result/decode.js';
import { encodeResult } from '../result/encode.js';
import type { CniJson } from '../result/encode.js';
import type { CniResult } from '../result/result.js';
import { isAtLeast, isCniVersion, oldestVersion } from '../version/version.js';
import type { CniVersion } from '../version/version.js';
import { parseNetworkList } from './network-list.js';
import type { NetworkList } from './network-list.js';
import { pluginConfig } from './plugin-config.js';
import { ResultCache } from './result-cache.js';
import type { CachedAttachment } from './result-cache.js';

export interface CniRunnerOptions {
  readonly executor: PluginExecutor;
  /** Directories with plugins; `CNI_PATH`. */
  readonly path: readonly string[];
  /** Where results are kept. The reference library's is `/var/lib/cni`. */
  readonly cacheDirectory: string;
  /** Names unfinished files. Default: the machine's. */
  readonly random?: Random;
}

/** One interface of one container. */
export interface Attachment {
  readonly containerId: string;
  readonly netns: string;
  readonly ifName: string;
  /** `CNI_ARGS`, in their order. */
  readonly arguments?: readonly (readonly [string, string])[];
  /** What the runtime offers, by capability. A plugin gets what it declares. */
  readonly capabilityArguments?: CniJson;
}

/** What still exists of a network's attachments. */
export type ValidAttachments = () => readonly ValidAttachment[] | Promise<readonly ValidAttachment[]>;

/**
 * Calls the plugins of networks as a runtime does. Calls about one interface come one after the other, and GC of a network
 * beside no other call about it. A call that waits for its turn ends with its signal.
 */
export class CniRunner {
  readonly #executor: PluginExecutor;
  readonly #path: readonly string[];
  readonly #cache: ResultCache;
  readonly #networks = new KeyedLock();
  readonly #attachments = new KeyedLock();

  constructor({ executor, path, cacheDirectory, random = new SystemRandom() }: CniRunnerOptions) {
    this.#executor = executor;
    this.#path = path;
    this.#cache = new ResultCache(cacheDirectory, random);
  }

  /**
   * Connects. Plugins are called in order, each with the result of the one before. The first error ends it and is thrown as the
   * plugin gave it; nothing is undone: the caller calls `del`.
   */
  add(list: NetworkList, attachment: Attachment, signal?: AbortSignal): Promise<CniResult> {
    const connect = async (): Promise<CniResult> => {
      let last: CniJson | undefined;
      for (const plugin of list.plugins) {
        const stdin = this.#attachmentConfig(list, plugin, attachment, last);
        const output = await this.#call('ADD', plugin, attachment, stdin, signal);
        last = { cniVersion: list.version, ...parseOutput(typeOf(plugin), output) };
      }
      const result = last ?? {};
      await this.#cache.write(entryOf(list, attachment, result));
      return decodeResult(result, list.version);
    };
    return this.#locked(list, attachment, connect, signal);
  }

  /**
   * Disconnects, in reverse order. A failing plugin does not keep the others from cleaning up; the failures are thrown together
   * at the end, and the remembered result stays for the next attempt. Plugins are called without a result that cannot be read.
   */
  del(list: NetworkList, attachment: Attachment, signal?: AbortSignal): Promise<void> {
    return this.#locked(list, attachment, () => this.#disconnect(list, attachment, signal), signal);
  }

  /** Nothing happens where the list disables it. @throws the first plugin's error; KW_CNI_NOT_CACHED before ADD. */
  check(list: NetworkList, attachment: Attachment, signal?: AbortSignal): Promise<void> {
    const check = async (): Promise<void> => {
      if (!isAtLeast(list.version, '0.4.0')) {
        throw new CniError(
          cniErrorCode.incompatibleVersion,
          `CHECK needs version 0.4.0, network '${list.name}' has ${list.version}`,
        );
      }
      if (list.disableCheck) return;
      const cached = await this.#cache.read(keyOf(list, attachment));
      if (cached === undefined) {
        throw cniSdkErrors.NOT_CACHED({ verb: 'CHECK', attachment: `${attachment.containerId} ${attachment.ifName}` });
      }
      const prevResult = inVersion(list.version, cached);
      for (const plugin of list.plugins) {
        const stdin = this.#attachmentConfig(list, plugin, attachment, prevResult);
        await this.#call('CHECK', plugin, attachment, stdin, signal);
      }
    };
    return this.#locked(list, attachment, check, signal);
  }

  /**
   * Releases what no valid attachment uses: DEL for each remembered one that is not in the list, in every version, then GC
   * of the plugins from 1.1.0 on. Goes on after failures and throws them together. Nothing happens where the list disables it.
   *
   * @param valid - tells what exists. It is asked while no other call of this runner about the network is on its way: a list
   * from before would lack what was connected since. It must not call this runner about the network.
   */
  async gc(list: NetworkList, valid: ValidAttachments, signal?: AbortSignal): Promise<void> {
    if (list.disableGc) return;
    await this.#networks.run(list.name, async () => this.#collect(list, await valid(), signal), signal);
  }

  async #disconnect(list: NetworkList, attachment: Attachment, signal: AbortSignal | undefined): Promise<void> {
    const prevResult = await this.#remembered(list, attachment);
    const failures = await collect([...list.plugins].reverse(), async (plugin) => {
      const stdin = this.#attachmentConfig(list, plugin, attachment, prevResult);
      await this.#call('DEL', plugin, attachment, stdin, signal);
    });
    throwTogether('DEL', list.name, failures);
    await this.#cache.remove(keyOf(list, attachment));
  }

  /** What ADD answered, for DEL: undefined also where it cannot be read, as it must not keep anything from being released. */
  async #remembered(list: NetworkList, attachment: Attachment): Promise<CniJson | undefined> {
    if (!isAtLeast(list.version, '0.4.0')) return undefined;
    try {
      return inVersion(list.version, await this.#cache.read(keyOf(list, attachment)));
    } catch {
      return undefined;
    }
  }

  async #collect(list: NetworkList, valid: readonly ValidAttachment[], signal: AbortSignal | undefined): Promise<void> {
    const kept = new Set(valid.map(({ containerID, ifname }) => `${containerID}/${ifname}`));
    const stale = (await this.#cache.list(list.name)).filter(
      ({ containerId, ifName }) => !kept.has(`${containerId}/${ifName}`),
    );
    const failures = await collect(stale, async (entry) => {
      checkNames(entry);
      await this.#disconnect(list, attachmentOf(entry), signal);
    });
    if (isAtLeast(list.version, '1.1.0')) {
      // The second name is the one that an early release used by mistake; its plugins know no other.
      const extra = { 'cni.dev/valid-attachments': valid, 'cni.dev/attachments': valid };
      const later = await collect(list.plugins, async (plugin) => {
        const stdin = pluginConfig(list, plugin, { extra });
        await this.#call('GC', plugin, undefined, stdin, signal);
      });
      failures.push(...later);
    }
    throwTogether('GC', list.name, failures);
  }

  /** @throws the error of the first plugin that is not ready, its code 50 or 51 kept. Before 1.1.0 every network is. */
  async status(list: NetworkList, signal?: AbortSignal): Promise<void> {
    if (!isAtLeast(list.version, '1.1.0')) return;
    for (const plugin of list.plugins) {
      await this.#call('STATUS', plugin, undefined, pluginConfig(list, plugin, {}), signal);
    }
  }

  /** The versions that a plugin says it serves. One that does not know the question is of 0.1.0. */
  async versions(type: string, signal?: AbortSignal): Promise<readonly CniVersion[]> {
    const environment = { CNI_COMMAND: 'VERSION', CNI_NETNS: 'dummy', CNI_IFNAME: 'dummy', CNI_PATH: 'dummy' };
    const stdin = JSON.stringify({ cniVersion: '1.1.0' });
    try {
      const output = await this.#executor.execute({ type, path: this.#path, environment, stdin }, signal);
      const { supportedVersions } = parseOutput(type, acceptOutput(type, output));
      return Array.isArray(supportedVersions)
        ? supportedVersions.filter((one) => typeof one === 'string').filter(isCniVersion)
        : [];
    } catch (error) {
      if (CniError.is(error) && /unknown CNI_COMMAND: VERSION/.test(error.summary)) return [oldestVersion];
      throw error;
    }
  }

  /** What ADD did and DEL has not undone. */
  attachments(list: NetworkList): Promise<CachedAttachment[]> {
    return this.#cache.list(list.name);
  }

  /**
   * The networks that a container's interface was connected to by ADD and not disconnected from by DEL, as they were
   * configured then: files of today may have other names, or lack them. Files of old libraries do not tell.
   */
  async networksOf({ containerId, ifName }: Pick<Attachment, 'containerId' | 'ifName'>): Promise<NetworkList[]> {
    const entries = await this.#cache.listOf(containerId, ifName);
    return entries.flatMap(({ config, networkName }) => {
      try {
        return config === undefined ? [] : [parseNetworkList(config, `of the result of '${networkName}'`)];
      } catch {
        return [];
      }
    });
  }

  #attachmentConfig(
    list: NetworkList,
    plugin: CniJson,
    attachment: Attachment,
    prevResult: CniJson | undefined,
  ): CniJson {
    return pluginConfig(list, plugin, {
      ...(prevResult === undefined ? {} : { prevResult }),
      ...(attachment.capabilityArguments === undefined ? {} : { capabilityArguments: attachment.capabilityArguments }),
    });
  }

  async #call(
    verb: CniVerb,
    plugin: CniJson,
    attachment: Attachment | undefined,
    stdin: CniJson,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const type = typeOf(plugin);
    const environment: Environment = {
      CNI_COMMAND: verb,
      CNI_PATH: this.#path.join(':'),
      ...(attachment === undefined ? {} : variablesOf(attachment)),
    };
    const call = { type, path: this.#path, environment, stdin: JSON.stringify(stdin) };
    return acceptOutput(type, await this.#executor.execute(call, signal));
  }

  async #locked<T>(
    { name }: NetworkList,
    attachment: Attachment,
    work: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    checkNames(attachment);
    const { containerId, ifName } = attachment;
    const alone = (): Promise<T> => this.#attachments.run(`${name}/${containerId}/${ifName}`, work, signal);
    return this.#networks.runShared(name, alone, signal);
  }
}

/** They become part of a file's name. */
function checkNames({ containerId, ifName }: Pick<Attachment, 'containerId' | 'ifName'>): void {
  checkIdentifier('CNI_CONTAINERID', containerId);
  checkInterfaceName(ifName);
}

function typeOf(plugin: CniJson): string {
  return String(plugin['type']);
}

function variablesOf(attachment: Attachment): Environment {
  return {
    CNI_CONTAINERID: attachment.containerId,
    CNI_NETNS: attachment.netns,
    CNI_IFNAME: attachment.ifName,
    CNI_ARGS: (attachment.arguments ?? []).map(([key, value]) => `${key}=${value}`).join(';'),
  };
}

function keyOf(
  list: NetworkList,
  { containerId, ifName }: Attachment,
): Pick<CachedAttachment, 'networkName' | 'containerId' | 'ifName'> {
  return { networkName: list.name, containerId, ifName };
}

function entryOf(list: NetworkList, attachment: Attachment, result: CniJson): CachedAttachment {
  return {
    ...keyOf(list, attachment),
    netns: attachment.netns,
    arguments: attachment.arguments ?? [],
    capabilityArguments: attachment.capabilityArguments ?? {},
    config: { name: list.name, cniVersion: list.version, plugins: list.plugins },
    result,
  };
}

function attachmentOf({
  containerId,
  netns,
  ifName,
  arguments: values,
  capabilityArguments,
}: CachedAttachment): Attachment {
  return { containerId, netns, ifName, arguments: values, capabilityArguments };
}

/** The list may have got another version since ADD. */
function inVersion(version: CniVersion, cached: CachedAttachment | undefined): CniJson | undefined {
  if (cached === undefined || cached.result['cniVersion'] === version) return cached?.result;
  return encodeResult(decodeResult(cached.result, version), version);
}

async function collect<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<Error[]> {
  const failures: Error[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return failures;
}

/** A lone failure keeps its own type and code. */
function throwTogether(verb: string, network: string, failures: readonly Error[]): void {
  const [first, ...others] = failures;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const details = { verb, network, failures: failures.map(({ message }) => message) };
  throw cniSdkErrors.CHAIN_FAILED(details, { cause: new AggregateError(failures) });
}

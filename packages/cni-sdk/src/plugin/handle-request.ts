import { statSync } from 'node:fs';
import { SystemClock } from '@kubewright/core';
import type { Clock } from '@kubewright/core';
import { checkArguments } from '../request/arguments.js';
import { ConfigReader } from '../config/config-reader.js';
import { parseJson, parseValidAttachments } from '../config/parse-config.js';
import type { ConfigClass } from '../config/parse-config.js';
import type { NetworkConfig } from '../config/network-config.js';
import { CniError, cniErrorCode, errorBody } from '../errors.js';
import type { PluginExecutor, PluginOutput } from '../execute/executor.js';
import { readEnvironment } from '../request/environment.js';
import type { CniEnvironment, CniVerb, Environment } from '../request/environment.js';
import { decodeResult } from '../result/decode.js';
import { encodeResult } from '../result/encode.js';
import type { CniJson } from '../result/encode.js';
import type { CniResult } from '../result/result.js';
import { configVersion, isAtLeast, newestVersion, oldestVersion } from '../version/version.js';
import type { CniVersion } from '../version/version.js';
import { servedVerbs, servedVersions } from './cni-plugin.js';
import type { AttachmentRequest, CniPlugin, CniRequest } from './cni-plugin.js';
import { Delegate } from './delegate.js';
import { DeferredResponse } from './deferred-response.js';

export interface RawRequest {
  /** The caller's variables; only `CNI_*` are read. */
  readonly environment: Environment;
  readonly stdin: string;
  /** Who calls delegated plugins. */
  readonly executor: PluginExecutor;
  readonly signal?: AbortSignal;
  /** Whether the caller waits itself for what holds up the answer. Default: false. */
  readonly early?: boolean;
  /** Bounds the release of what a request that failed has made. Default: the machine's. */
  readonly clock?: Clock;
}

/** Since when a verb exists. */
const verbVersion: Readonly<Partial<Record<CniVerb, CniVersion>>> = { CHECK: '0.4.0', GC: '1.1.0', STATUS: '1.1.0' };
const ownNamespace = '/proc/self/ns/net';
const readers = new WeakMap<ConfigClass<NetworkConfig>, ConfigReader<NetworkConfig>>();

/** Serves one request. Never throws: what goes wrong is in the output, as the specification wants it. */
export async function handleRequest(plugin: CniPlugin, raw: RawRequest): Promise<PluginOutput> {
  if ((raw.environment['CNI_COMMAND'] ?? '') === '') return about(plugin);
  try {
    const environment = readEnvironment(raw.environment);
    if (environment.verb === 'VERSION') {
      return succeed({ cniVersion: newestVersion, supportedVersions: servedVersions(plugin) });
    }
    const json = parseJson(raw.stdin);
    const version = acceptVersion(plugin, configVersion(json['cniVersion']), environment.verb);
    const deferred = new DeferredResponse();
    try {
      const output = succeed(await dispatch(plugin, { raw, environment, json, version, deferred }));
      if (raw.early) return { ...output, settled: deferred.settled() };
      await deferred.settled();
      return output;
    } catch (error) {
      await deferred.settled().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    return { exitCode: 1, stdout: JSON.stringify(errorBody(error, versionOf(raw.stdin))), stderr: '' };
  }
}

/** The version that an answer about `stdin` has: its own where it can be told, else that of input that names none. */
function versionOf(stdin: string): CniVersion {
  try {
    return configVersion(parseJson(stdin)['cniVersion']);
  } catch {
    return oldestVersion;
  }
}

interface Accepted {
  readonly raw: RawRequest;
  readonly environment: CniEnvironment;
  readonly json: CniJson;
  readonly version: CniVersion;
  readonly deferred: DeferredResponse;
}

async function dispatch(plugin: CniPlugin, received: Accepted): Promise<CniJson | undefined> {
  const accepted = guarded(received);
  const { environment, json, version } = accepted;
  const request = requestOf(readerOf(plugin.config).read(json), accepted);
  switch (environment.verb) {
    case 'GC':
      await plugin.gc?.({ ...request, validAttachments: parseValidAttachments(json) });
      return undefined;
    case 'STATUS':
      await plugin.status?.(request);
      return undefined;
    default:
  }
  if (plugin.knownArguments !== undefined) checkArguments(environment.arguments, plugin.knownArguments);
  const attachment = attachmentOf(request, accepted);
  switch (environment.verb) {
    case 'ADD':
      return encodeResult(await plugin.add(attachment), version);
    case 'CHECK': {
      const { prevResult } = attachment;
      if (prevResult === undefined) throw CniError.invalidConfig('prevResult', 'is needed for CHECK');
      await plugin.check?.({ ...attachment, prevResult });
      return undefined;
    }
    default:
      await plugin.del(attachment);
      return undefined;
  }
}

/** @throws CniError 1 where the plugin does not serve the version, or the version has no such verb. */
function acceptVersion(plugin: CniPlugin, version: CniVersion, verb: CniVerb): CniVersion {
  const served = servedVersions(plugin);
  if (!served.includes(version)) {
    const explanation = `it serves ${servedVerbs(plugin).join(', ')}, and with those the versions ${served.join(', ')}`;
    throw new CniError(
      cniErrorCode.incompatibleVersion,
      `plugin '${plugin.type}' does not serve version ${version}`,
      explanation,
    );
  }
  const since = verbVersion[verb];
  if (since !== undefined && !isAtLeast(version, since)) {
    throw new CniError(
      cniErrorCode.incompatibleVersion,
      `${verb} needs version ${since}, the configuration has ${version}`,
    );
  }
  return version;
}

function readerOf(type: ConfigClass<NetworkConfig>): ConfigReader<NetworkConfig> {
  let reader = readers.get(type);
  if (reader === undefined) readers.set(type, (reader = new ConfigReader(type)));
  return reader;
}

function requestOf(
  config: NetworkConfig,
  { raw, environment, version, deferred }: Accepted,
): CniRequest<NetworkConfig> {
  const signal = raw.signal ?? new AbortController().signal;
  const { executor, stdin, clock = new SystemClock() } = raw;
  const context = { environment: raw.environment, stdin, path: environment.path, version, executor, signal, clock };
  return {
    config,
    version,
    signal,
    delegate: (type) => new Delegate(type, context),
    holdAnswer: (work) => deferred.add(work),
  };
}

function attachmentOf(request: CniRequest<NetworkConfig>, accepted: Accepted): AttachmentRequest<NetworkConfig> {
  const { containerId, netns, ifName, arguments: values } = accepted.environment;
  const prevResult = previousResult(accepted);
  const attachment = { ...request, containerId, netns, ifName, arguments: values };
  return prevResult === undefined ? attachment : { ...attachment, prevResult };
}

function previousResult({ json, version, environment }: Accepted): CniResult | undefined {
  const value = json['prevResult'];
  if (value === undefined || value === null) return undefined;
  try {
    return decodeResult(value, version);
  } catch (error) {
    // What cannot be read must not keep anything from being released.
    if (environment.verb === 'DEL') return undefined;
    throw error;
  }
}

/** Of the process's own namespace, which it keeps. */
let own: string | undefined;

/**
 * A container's interface in the plugin's own namespace would be one of the machine's. DEL goes on without the namespace, so that
 * all else is released.
 *
 * @throws CniError 8 for the other verbs.
 */
function guarded(accepted: Accepted): Accepted {
  const { environment, raw } = accepted;
  const { netns, verb } = environment;
  if (!['ADD', 'CHECK', 'DEL'].includes(verb) || netns === '') return accepted;
  if (['1', 't', 'true'].includes(raw.environment['CNI_NETNS_OVERRIDE']?.toLowerCase() ?? '')) return accepted;
  own ??= identityOf(ownNamespace);
  const theirs = identityOf(netns);
  if (theirs === undefined || theirs !== own) return accepted;
  if (verb !== 'DEL') {
    throw new CniError(cniErrorCode.invalidNamespace, `CNI_NETNS '${netns}' is the plugin's own network namespace`);
  }
  return {
    ...accepted,
    environment: { ...environment, netns: '' },
    raw: { ...raw, environment: { ...raw.environment, CNI_NETNS: '' } },
  };
}

/** Undefined where nothing is there. The call is synchronous: the answer is in memory, a change of thread takes longer. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

function succeed(body: CniJson | undefined): PluginOutput {
  return { exitCode: 0, stdout: body === undefined ? '' : JSON.stringify(body), stderr: '' };
}

/** Somebody started the plugin by hand. */
function about(plugin: CniPlugin): PluginOutput {
  const text = `CNI plugin '${plugin.type}': a container runtime starts it. Versions: ${servedVersions(plugin).join(', ')}.\n`;
  return { exitCode: 0, stdout: '', stderr: text };
}

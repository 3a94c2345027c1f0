import type { ConfigClass } from '../config/parse-config.js';
import type { NetworkConfig, ValidAttachment } from '../config/network-config.js';
import type { CniResult } from '../result/result.js';
import type { CniVerb } from '../request/environment.js';
import { compareVersions, cniVersions } from '../version/version.js';
import type { CniVersion } from '../version/version.js';
import type { Delegate } from './delegate.js';

/** What every request carries. */
export interface CniRequest<C extends NetworkConfig> {
  /** Frozen: requests with equal configurations share it. */
  readonly config: C;
  readonly version: CniVersion;
  /** Other plugins, called with this request's configuration. */
  delegate(type: string): Delegate;
  /**
   * Holds the answer up until `work` is done, which a plugin that called this one need not wait for: it can go on while what
   * was written is synced, say. Where `work` fails it undoes its part, and the request fails.
   */
  holdAnswer(work: Promise<void>): void;
  /** Aborted when the runtime gave up. Work that would leave something half-made should be undone before it throws. */
  readonly signal: AbortSignal;
}

/** A request about one interface of one container. */
export interface AttachmentRequest<C extends NetworkConfig> extends CniRequest<C> {
  readonly containerId: string;
  /** Path of the network namespace. On DEL it may be empty, or gone. */
  readonly netns: string;
  readonly ifName: string;
  /** `CNI_ARGS`. */
  readonly arguments: ReadonlyMap<string, string>;
  /** What the plugins before this one made, or, for CHECK and DEL, what ADD of the whole chain did. */
  readonly prevResult?: CniResult;
}

export interface CheckRequest<C extends NetworkConfig> extends AttachmentRequest<C> {
  readonly prevResult: CniResult;
}

export interface GcRequest<C extends NetworkConfig> extends CniRequest<C> {
  /** What still exists. Everything else of this network may be released. */
  readonly validAttachments: readonly ValidAttachment[];
}

/**
 * A network plugin. Implement `add` and `del`, and further verbs where the plugin has them: the versions of the
 * specification that it serves follow from that. `check` brings 0.4.0 and 1.0.0, `gc` and `status` together bring 1.1.0.
 *
 * ```ts
 * class LabelConfig extends NetworkConfig {
 *   @IsString() label!: string;
 * }
 *
 * class LabelPlugin extends CniPlugin<LabelConfig> {
 *   override readonly type = 'label';
 *   override readonly config = LabelConfig;
 *
 *   override async add({ config, netns, ifName, prevResult }: AttachmentRequest<LabelConfig>) {
 *     await withNamespace(netns, async (namespace) => {
 *       await using tables = Rtnetlink.open({ namespace });
 *       await tables.run(setLink(ifName, { alias: config.label }));
 *     });
 *     return prevResult ?? {};
 *   }
 *   override async del() {}
 * }
 *
 * await cniMain(new LabelPlugin());
 * ```
 *
 * One object serves all requests, several at once; in a daemon, requests about the same interface come one after the other.
 */
export abstract class CniPlugin<C extends NetworkConfig = NetworkConfig> {
  /** The plugin's name: the file in the plugin directory and `type` in a configuration. */
  abstract readonly type: string;
  /** The class of its configuration. */
  abstract readonly config: ConfigClass<C>;
  /** Keys of `CNI_ARGS` that it reads, beside what `IgnoreUnknown` lets pass. Default: none, and others are not refused. */
  readonly knownArguments?: readonly string[];

  /**
   * Connects the container. In a chain the result holds what `prevResult` held, changed where this plugin changed it.
   * It is not called twice for one interface without `del` between; it fails where the interface exists.
   */
  abstract add(request: AttachmentRequest<C>): Promise<CniResult>;

  /** Undoes `add`, as often as it is called: what is gone already is no error. */
  abstract del(request: AttachmentRequest<C>): Promise<void>;

  /** Throws where the container is not connected as `prevResult` says. What later plugins added is not its business. */
  check?(request: CheckRequest<C>): Promise<void>;

  /** Releases whatever belongs to no valid attachment. It goes on after a failure and throws them together at the end. */
  gc?(request: GcRequest<C>): Promise<void>;

  /** Throws `CniError.notAvailable` where `add` would fail for every container. It is asked twice a second: be quick. */
  status?(request: CniRequest<C>): Promise<void>;
}

/** The verbs that a plugin serves. */
export function servedVerbs(plugin: CniPlugin): CniVerb[] {
  const optional = [
    ['CHECK', plugin.check],
    ['GC', plugin.gc],
    ['STATUS', plugin.status],
  ] as const;
  return ['ADD', 'DEL', ...optional.filter(([, method]) => method !== undefined).map(([verb]) => verb), 'VERSION'];
}

/** The versions that a plugin serves, oldest first. */
export function servedVersions(plugin: CniPlugin): CniVersion[] {
  const newest = newestServed(plugin);
  return cniVersions.filter((version) => compareVersions(version, newest) <= 0);
}

function newestServed(plugin: CniPlugin): CniVersion {
  if (plugin.check === undefined) return '0.3.1';
  return plugin.gc === undefined || plugin.status === undefined ? '1.0.0' : '1.1.0';
}

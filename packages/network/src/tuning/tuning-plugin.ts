import { CniError, CniPlugin } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniResult, GcRequest } from '@kubewright/cni-sdk';
import { inTurns } from '@kubewright/core/async';
import { readSysctl, setLink, writeSysctl } from '@kubewright/linux';
import type { Link, NetworkNamespace, Rtnetlink } from '@kubewright/linux';
import { checkFailure } from '../host/answers.js';
import { attachmentKey } from '../host/attachment-store.js';
import type { AttachmentStore } from '../host/attachment-store.js';
import type { HostNetwork } from '../host/host-network.js';
import { withPod, withPodIfPresent } from '../pod/pod-namespace.js';
import { defaultAllowlist, requireAllowed } from './allowlist.js';
import { effectiveConfig, kernelParameters, linkTuning, TuningConfig } from './tuning-config.js';
import type { LinkTuning } from './tuning-config.js';

/** What to set back: the values before. */
interface Before {
  readonly sysctl: Readonly<Record<string, string>>;
  readonly link: LinkTuning;
}

export interface TuningOptions {
  /**
   * File of regular expressions in Go's dialect, one per line: a parameter whose name, as it is written, none of them matches is refused.
   * Without the file all are allowed. Default: `/etc/cni/tuning/allowlist.conf`.
   */
  readonly allowlist?: string;
}

export class TuningPlugin extends CniPlugin<TuningConfig> {
  override readonly type = 'tuning';
  override readonly config = TuningConfig;
  readonly #attachments: AttachmentStore<Before>;
  readonly #allowlist: string;

  constructor(host: HostNetwork, { allowlist = defaultAllowlist }: TuningOptions = {}) {
    super();
    this.#allowlist = allowlist;
    this.#attachments = host.attachments(this.type, readBefore);
  }

  override async add(request: AttachmentRequest<TuningConfig>): Promise<CniResult> {
    const { netns, ifName, prevResult } = request;
    if (prevResult === undefined) throw CniError.invalidConfig('prevResult', 'is needed: tuning is chained');
    const config = effectiveConfig(request);
    const values = kernelParameters(config, ifName);
    await requireAllowed(Object.keys(config.sysctl), this.#allowlist);
    const settings = linkTuning(config);
    return await withPod(netns, async (pod, namespace) => {
      const link = await pod.link(ifName);
      if (link === undefined) throw checkFailure(`the interface '${ifName}' is missing`);
      this.#attachments.put(attachmentKey(request), {
        sysctl: present(Object.keys(values), namespace),
        link: before(link, settings),
      });
      writeSysctl(values, { namespace });
      if (Object.keys(settings).length > 0) await pod.run(setLink(link.index, settings));
      return withSettings(prevResult, ifName, settings);
    });
  }

  /** The way back is tried: what cannot be set back goes with the pod, and must not keep it. */
  override async del(request: AttachmentRequest<TuningConfig>): Promise<void> {
    const key = attachmentKey(request);
    const stored = this.#attachments.get(key);
    if (stored === undefined) return;
    try {
      await withPodIfPresent(request.netns, (pod, namespace) => setBack(pod, namespace, request.ifName, stored));
    } finally {
      this.#attachments.delete(key);
    }
  }

  override async check(request: CheckRequest<TuningConfig>): Promise<void> {
    const { netns, ifName } = request;
    const config = effectiveConfig(request);
    const { mac, mtu, promiscuous, allMulticast, txQueueLength } = linkTuning(config);
    await withPod(netns, async (pod, namespace) => {
      for (const [name, value] of Object.entries(kernelParameters(config, ifName))) {
        const now = readSysctl(name, { namespace });
        if (now === undefined || words(now) !== words(value))
          throw checkFailure(`the kernel parameter '${name}' is '${now ?? 'missing'}' instead of '${value}'`);
      }
      const link = await pod.link(ifName);
      if (link === undefined) throw checkFailure(`the interface '${ifName}' is missing`);
      if (mac !== undefined && link.mac !== mac.toLowerCase())
        throw checkFailure(`'${ifName}' has not the hardware address`);
      if (mtu !== undefined && link.mtu !== mtu)
        throw checkFailure(`'${ifName}' has the MTU ${link.mtu} instead of ${mtu}`);
      if (promiscuous === true && !link.promiscuous) throw checkFailure(`'${ifName}' is not promiscuous`);
      if (allMulticast !== undefined && link.allMulticast !== allMulticast) {
        throw checkFailure(`'${ifName}' ${allMulticast ? 'does not take' : 'takes'} all multicast packets`);
      }
      if (txQueueLength !== undefined && link.txQueueLength !== txQueueLength) {
        throw checkFailure(`'${ifName}' has a queue of ${link.txQueueLength} packets instead of ${txQueueLength}`);
      }
    });
  }

  override async gc({ config, validAttachments }: GcRequest<TuningConfig>): Promise<void> {
    await inTurns(await this.#attachments.stale(config.name, validAttachments), (one) => this.#attachments.delete(one));
  }

  override async status(): Promise<void> {
    // It has nothing that could be missing.
  }
}

/** The kernel puts tabs between several values. */
function words(value: string): string {
  return value.trim().split(/\s+/).join(' ');
}

function before(link: Link, settings: LinkTuning): LinkTuning {
  return {
    ...(settings.mac === undefined || link.mac === undefined ? {} : { mac: link.mac }),
    ...(settings.mtu === undefined ? {} : { mtu: link.mtu }),
    ...(settings.promiscuous === undefined ? {} : { promiscuous: link.promiscuous }),
    ...(settings.allMulticast === undefined ? {} : { allMulticast: link.allMulticast }),
    ...(settings.txQueueLength === undefined ? {} : { txQueueLength: link.txQueueLength }),
  };
}

/** The values of parameters that can be read: some take what they never show. @throws CniError 7 for what this kernel lacks. */
function present(names: readonly string[], namespace: NetworkNamespace): Record<string, string> {
  const found = names.flatMap((name) => {
    const value = readIfPossible(name, namespace);
    if (value === undefined) throw CniError.invalidConfig('sysctl', `names '${name}', which this kernel does not have`);
    return value === unreadable ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

const unreadable = Symbol('unreadable');

function readIfPossible(name: string, namespace: NetworkNamespace): string | typeof unreadable | undefined {
  try {
    return readSysctl(name, { namespace });
  } catch {
    return unreadable;
  }
}

/** Each by itself, in the opposite order: what was allowed after something else is so before it. The MTU bounds that of IPv6. */
async function setBack(
  pod: Rtnetlink,
  namespace: NetworkNamespace,
  ifName: string,
  { link: settings, sysctl }: Before,
): Promise<void> {
  const link = await pod.link(ifName);
  const changes = Object.entries(settings).map(([name, value]) => ({ [name]: value }));
  if (link !== undefined) await pod.settle(changes.map((one) => setLink(link.index, one)));
  for (const [name, value] of Object.entries(sysctl).toReversed()) writeIfPossible(name, value, namespace);
}

/** A value that can be read cannot always be written: of some parameters only part of what they show is taken. */
function writeIfPossible(name: string, value: string, namespace: NetworkNamespace): void {
  try {
    writeSysctl({ [name]: value }, { namespace });
  } catch {
    // The parameters of an interface are gone with it; of others the pod keeps what ADD made of them.
  }
}

function withSettings(result: CniResult, ifName: string, { mac, mtu }: LinkTuning): CniResult {
  if (mac === undefined && mtu === undefined) return result;
  const interfaces = (result.interfaces ?? []).map((one) => {
    if (one.name !== ifName || one.sandbox === undefined || one.sandbox === '') return one;
    return { ...one, ...(mac === undefined ? {} : { mac }), ...(mtu === undefined ? {} : { mtu }) };
  });
  return { ...result, interfaces };
}

function readBefore(value: unknown): Before {
  const { sysctl, link } = (value ?? {}) as Partial<Before>;
  return { sysctl: sysctl ?? {}, link: link ?? {} };
}

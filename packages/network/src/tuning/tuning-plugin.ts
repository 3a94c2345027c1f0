/** The tuning plugin: kernel parameters and properties of a pod's interface, chained behind the plugin that made it. */
import { CniError, CniPlugin, NetworkConfig } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniResult, GcRequest } from '@kubewright/cni-sdk';
import { parseMac, readSysctl, setLink, sysctlPath, writeSysctl } from '@kubewright/linux';
import type { Link, LinkSettings, NetworkNamespace } from '@kubewright/linux';
import { IsBoolean, IsInt, IsObject, IsOptional, IsString, Min } from 'class-validator';
import { attachmentKey } from '../host/attachment-store.js';
import type { AttachmentStore } from '../host/attachment-store.js';
import type { HostNetwork } from '../host/host-network.js';
import { attempt } from '../ipam/range.js';
import { broken, withPod, withPodIfPresent } from '../pod/pod-interface.js';

/** Configuration of the tuning plugin, with the keys of the reference plugin of this name. */
export class TuningConfig extends NetworkConfig {
  /** Parameters below `net`; in a name, `IFNAME` stands for the interface. */
  @IsOptional()
  @IsObject()
  sysctl: Readonly<Record<string, string | number>> = {};

  @IsOptional()
  @IsString()
  mac?: string;

  @IsOptional()
  @IsInt()
  @Min(0)
  mtu = 0;

  @IsOptional()
  @IsBoolean()
  promisc?: boolean;

  @IsOptional()
  @IsBoolean()
  allmulti?: boolean;

  @IsOptional()
  @IsInt()
  @Min(0)
  txQLen?: number;
}

/** What to set back: the values before. */
interface Before {
  readonly sysctl: Readonly<Record<string, string>>;
  readonly link: Readonly<Pick<LinkSettings, 'mac' | 'mtu' | 'promiscuous' | 'allMulticast'>>;
}

export class TuningPlugin extends CniPlugin<TuningConfig> {
  override readonly type = 'tuning';
  override readonly config = TuningConfig;
  readonly #attachments: AttachmentStore<Before>;

  constructor(host: HostNetwork) {
    super();
    this.#attachments = host.attachments(this.type, readBefore);
  }

  override async add(request: AttachmentRequest<TuningConfig>): Promise<CniResult> {
    const { netns, ifName, prevResult } = request;
    if (prevResult === undefined) throw CniError.invalidConfig('prevResult', 'is needed: tuning is chained');
    const values = parameters(request);
    const settings = linkSettings(request);
    return await withPod(netns, async (pod, namespace) => {
      const link = await pod.link(ifName);
      if (link === undefined) throw broken(`the interface '${ifName}' is missing`);
      this.#attachments.put(attachmentKey(request), {
        sysctl: present(values, namespace),
        link: before(link, settings),
      });
      writeSysctl(values, { namespace });
      if (Object.keys(settings).length > 0) await pod.run(setLink(link.index, settings));
      return withSettings(prevResult, ifName, settings);
    });
  }

  override async del(request: AttachmentRequest<TuningConfig>): Promise<void> {
    const stored = this.#attachments.get(attachmentKey(request));
    if (stored !== undefined) {
      await withPodIfPresent(request.netns, async (pod, namespace) => {
        const link = await pod.link(request.ifName);
        // The parameters of an interface go with it.
        const left = Object.entries(stored.sysctl).filter(([name]) => readSysctl(name, { namespace }) !== undefined);
        writeSysctl(Object.fromEntries(left), { namespace });
        if (link !== undefined && Object.keys(stored.link).length > 0) await pod.run(setLink(link.index, stored.link));
      });
    }
    this.#attachments.delete(attachmentKey(request));
  }

  override async check(request: CheckRequest<TuningConfig>): Promise<void> {
    const { netns, ifName } = request;
    const { mac, mtu, promiscuous } = linkSettings(request);
    await withPod(netns, async (pod, namespace) => {
      for (const [name, value] of Object.entries(parameters(request))) {
        const now = readSysctl(name, { namespace });
        if (now !== value)
          throw broken(`the kernel parameter '${name}' is '${now ?? 'missing'}' instead of '${value}'`);
      }
      const link = await pod.link(ifName);
      if (link === undefined) throw broken(`the interface '${ifName}' is missing`);
      if (mac !== undefined && link.mac !== mac.toLowerCase()) throw broken(`'${ifName}' has not the hardware address`);
      if (mtu !== undefined && link.mtu !== mtu) throw broken(`'${ifName}' has the MTU ${link.mtu} instead of ${mtu}`);
      if (promiscuous === true && !link.promiscuous) throw broken(`'${ifName}' is not promiscuous`);
    });
  }

  override async gc({ config, validAttachments }: GcRequest<TuningConfig>): Promise<void> {
    for (const one of this.#attachments.stale(config.name, validAttachments)) this.#attachments.delete(one);
  }

  override async status(): Promise<void> {
    // It has nothing that could be missing.
  }
}

/** @throws CniError 7 for a parameter outside of `net`: those would be the machine's. */
function parameters({ config, ifName }: AttachmentRequest<TuningConfig>): Record<string, string> {
  const entries = Object.entries(config.sysctl).map(([written, value]) => {
    const slashes = written.includes('/') ? written : written.replaceAll('.', '/');
    const name = slashes.replaceAll('IFNAME', ifName);
    const path = attempt(`sysctl['${written}']`, () => sysctlPath(name));
    if (!path.startsWith('/proc/sys/net/')) {
      throw CniError.invalidConfig(`sysctl['${written}']`, "must be below 'net': others belong to the whole machine");
    }
    return [name, String(value)] as const;
  });
  return Object.fromEntries(entries);
}

function linkSettings({ config, arguments: values }: AttachmentRequest<TuningConfig>): Before['link'] & LinkSettings {
  const fromArgs = config.args?.cni?.['mac'];
  const mac =
    config.runtimeConfig?.mac ?? (typeof fromArgs === 'string' ? fromArgs : (values.get('MAC') ?? config.mac));
  if (mac !== undefined) attempt('mac', () => parseMac(mac));
  return {
    ...(mac === undefined ? {} : { mac }),
    ...(config.mtu === 0 ? {} : { mtu: config.mtu }),
    ...(config.promisc === undefined ? {} : { promiscuous: config.promisc }),
    ...(config.allmulti === undefined ? {} : { allMulticast: config.allmulti }),
    ...(config.txQLen === undefined ? {} : { txQueueLength: config.txQLen }),
  };
}

function before(link: Link, settings: LinkSettings): Before['link'] {
  return {
    ...(settings.mac === undefined || link.mac === undefined ? {} : { mac: link.mac }),
    ...(settings.mtu === undefined ? {} : { mtu: link.mtu }),
    ...(settings.promiscuous === undefined ? {} : { promiscuous: link.promiscuous }),
    ...(settings.allMulticast === undefined ? {} : { allMulticast: false }),
  };
}

function present(values: Readonly<Record<string, string>>, namespace: NetworkNamespace): Record<string, string> {
  const found = Object.keys(values).map((name) => {
    const value = readSysctl(name, { namespace });
    if (value === undefined) throw CniError.invalidConfig('sysctl', `names '${name}', which this kernel does not have`);
    return [name, value] as const;
  });
  return Object.fromEntries(found);
}

function withSettings(result: CniResult, ifName: string, { mac, mtu }: LinkSettings): CniResult {
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

/** The bandwidth plugin: limits what a pod receives and sends, chained behind the plugin that made its pair. */
import { CniError, CniPlugin, NetworkConfig } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniResult, GcRequest } from '@kubewright/cni-sdk';
import { limitRate, newLink, redirectIngress } from '@kubewright/linux';
import type { Link } from '@kubewright/linux';
import { IsInt, IsOptional, Min } from 'class-validator';
import { checkFailure } from '../host/answers.js';
import { attachmentKey } from '../host/attachment-store.js';
import type { AttachmentKey, AttachmentStore } from '../host/attachment-store.js';
import { runInGroups } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { linkName } from '../host/names.js';
import { withPod } from '../pod/pod-namespace.js';

/**
 * Configuration of the bandwidth plugin: bits per second, and bits. Where it has any of these keys, the capability `bandwidth` does
 * not count.
 */
export class BandwidthConfig extends NetworkConfig {
  @IsOptional()
  @IsInt()
  @Min(0)
  ingressRate?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  ingressBurst?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  egressRate?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  egressBurst?: number;
}

interface Limit {
  readonly rate: number;
  readonly burst: number;
}

interface Limits {
  readonly ingress?: Limit;
  readonly egress?: Limit;
}

const keys = ['ingressRate', 'ingressBurst', 'egressRate', 'egressBurst'] as const;

/** The kernel counts a burst in bytes, in 32 bits. */
const greatestBurst = 0xffffffff * 8;

/**
 * What the pod receives is limited where the machine sends it, on the machine's end of the pair. What it sends passes a device
 * of its own (ifb) first, since only what leaves can be held back.
 */
export class BandwidthPlugin extends CniPlugin<BandwidthConfig> {
  override readonly type = 'bandwidth';
  override readonly config = BandwidthConfig;
  readonly #host: HostNetwork;
  readonly #attachments: AttachmentStore<Limits>;

  constructor(host: HostNetwork) {
    super();
    this.#host = host;
    this.#attachments = host.attachments(this.type, (value) => (value ?? {}) as Limits);
  }

  override async add(request: AttachmentRequest<BandwidthConfig>): Promise<CniResult> {
    const { config, prevResult } = request;
    if (prevResult === undefined) throw CniError.invalidConfig('prevResult', 'is needed: bandwidth is chained');
    const limits = limitsOf(config);
    if (limits.ingress === undefined && limits.egress === undefined) return prevResult;
    const key = attachmentKey(request);
    const pair = await this.#pairOf(request, prevResult);
    const deviceName = linkName('bwp', key);
    this.#attachments.put(key, limits);
    try {
      if (limits.ingress !== undefined) await this.#host.tables.run(limitRate(pair.index, limits.ingress));
      if (limits.egress === undefined) return prevResult;
      const device = await this.#makeDevice(deviceName, pair.mtu);
      await this.#host.tables.run(...redirectIngress(pair.index, device.index), limitRate(device.index, limits.egress));
      const made = { name: deviceName, ...(device.mac === undefined ? {} : { mac: device.mac }), mtu: device.mtu };
      return { ...prevResult, interfaces: [...(prevResult.interfaces ?? []), made] };
    } catch (error) {
      await this.#release(key).catch(() => undefined);
      throw error;
    }
  }

  /** The limits of the pair go with the pair. */
  override async del(request: AttachmentRequest<BandwidthConfig>): Promise<void> {
    await this.#release(attachmentKey(request));
  }

  override async check(request: CheckRequest<BandwidthConfig>): Promise<void> {
    const limits = limitsOf(request.config);
    if (limits.ingress === undefined && limits.egress === undefined) return;
    if (this.#attachments.get(attachmentKey(request)) === undefined) throw checkFailure('the bandwidth is not limited');
    const pair = await this.#pairOf(request, request.prevResult);
    await this.#checkLimit(pair, limits.ingress, 'what the pod receives');
    if (limits.egress === undefined) return;
    const device = await this.#host.tables.link(linkName('bwp', attachmentKey(request)));
    if (device?.up !== true) throw checkFailure('the device that limits sending is missing');
    await this.#checkLimit(device, limits.egress, 'what the pod sends');
  }

  override async gc({ config, validAttachments }: GcRequest<BandwidthConfig>): Promise<void> {
    const stale = await this.#attachments.stale(config.name, validAttachments);
    await runInGroups(stale.map((one) => () => this.#release(one)));
  }

  override async status(): Promise<void> {
    // It has nothing that could be missing.
  }

  async #makeDevice(name: string, mtu: number): Promise<Link> {
    await this.#host.tables.run(newLink({ kind: 'ifb', name, mtu, up: true }));
    const device = await this.#host.tables.link(name);
    if (device === undefined) throw checkFailure(`the device '${name}' vanished`);
    return device;
  }

  async #release(key: AttachmentKey): Promise<void> {
    const device = await this.#host.tables.link(linkName('bwp', key));
    if (device !== undefined) await this.#host.reaper.delete(device.index);
    this.#attachments.delete(key);
  }

  async #checkLimit(link: Link, limit: Limit | undefined, what: string): Promise<void> {
    if (limit === undefined || (await this.#host.tables.isRateLimited(link.index, limit))) return;
    throw checkFailure(`${what} is not limited to ${limit.rate} bits per second`);
  }

  /** The machine's end of the pod's pair. */
  async #pairOf({ netns, ifName }: AttachmentRequest<BandwidthConfig>, result: CniResult): Promise<Link> {
    const inside = await withPod(netns, (pod) => pod.link(ifName));
    const names = (result.interfaces ?? []).filter(({ sandbox }) => sandbox === undefined || sandbox === '');
    for (const { name } of names) {
      const link = await this.#host.tables.link(name);
      if (link?.kind === 'veth' && link.peer === inside?.index && link.index === inside?.peer) return link;
    }
    throw CniError.invalidConfig('prevResult.interfaces', `has no pair whose other end is '${ifName}'`);
  }
}

function limitsOf(config: BandwidthConfig): Limits {
  const given = keys.some((key) => config[key] !== undefined) ? config : (config.runtimeConfig?.bandwidth ?? {});
  const ingress = limitOf('ingress', given.ingressRate, given.ingressBurst);
  const egress = limitOf('egress', given.egressRate, given.egressBurst);
  return { ...(ingress === undefined ? {} : { ingress }), ...(egress === undefined ? {} : { egress }) };
}

/** @throws CniError 7 where one of both is missing, or is no number. */
function limitOf(name: string, rate: unknown, burst: unknown): Limit | undefined {
  const number = (value: unknown, field: string): number => {
    if (value === undefined || value === null) return 0;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw CniError.invalidConfig(field, 'must be a number of bits that is not negative');
  };
  const [perSecond, atOnce] = [number(rate, `${name}Rate`), number(burst, `${name}Burst`)];
  if (perSecond === 0 && atOnce === 0) return undefined;
  if (perSecond === 0 || atOnce === 0) throw CniError.invalidConfig(`${name}Rate`, `and ${name}Burst belong together`);
  if (atOnce > greatestBurst) throw CniError.invalidConfig(`${name}Burst`, `must be at most ${greatestBurst}`);
  return { rate: perSecond, burst: atOnce };
}

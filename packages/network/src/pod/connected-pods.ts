import type { AttachmentRequest, CniResult, Delegate, GcRequest } from '@kubewright/cni-sdk';
import { checkFailure } from '../host/answers.js';
import { attachmentKey } from '../host/attachment-store.js';
import type { AttachmentKey, AttachmentStore } from '../host/attachment-store.js';
import { runAll, runInGroups } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { Masquerade } from '../host/masquerade.js';
import { linkName } from '../host/names.js';
import { addressesOf } from './link-index.js';
import type { PairConfig } from './pair-config.js';
import { PodNamespace } from './pod-namespace.js';
import { disconnectVeth, requireNoVeth, vethSpec } from './veth.js';
import type { VethSpec } from './veth.js';

/** What to release beside the pair and what is written down. */
interface Release {
  /**
   * Where to look for a pair that another plugin made. Only a path that the runtime named just now will do: one that was
   * written down may be another pod's by then. Default: nowhere.
   */
  readonly netns?: string;
  /** Addresses that are masqueraded, should a damaged record not tell. */
  readonly addresses?: readonly string[];
  /** Whose lease is given back. */
  readonly ipam?: Delegate | undefined;
}

/**
 * Pods that a plugin connects by a pair of interfaces, with addresses that may be masqueraded: what the plugins have in common
 * that differ in where the machine's end leads. Each pod is written down before the kernel is changed, so whatever a
 * killed process left behind is found and released.
 */
export class ConnectedPods {
  readonly #host: HostNetwork;
  readonly #masquerade: Masquerade;
  /** The masqueraded addresses of each. */
  readonly #addresses: AttachmentStore<readonly string[]>;

  /** @param type - of the plugin. */
  constructor(host: HostNetwork, type: string) {
    this.#host = host;
    this.#masquerade = new Masquerade(() => host.filter);
    this.#addresses = host.attachments(type, (value) => (Array.isArray(value) ? value.map(String) : []));
  }

  /**
   * Runs `work`, which connects the pod by a pair of this description. Where it fails, what it made is released, the lease included: it must not throw
   * while anything of it still goes on.
   *
   * @throws CniError where the pod is connected already.
   */
  async connect(
    request: AttachmentRequest<PairConfig>,
    ipam: Delegate | undefined,
    work: (pod: PodNamespace, pair: VethSpec) => Promise<CniResult>,
  ): Promise<CniResult> {
    const key = attachmentKey(request);
    using pod = new PodNamespace(request.netns);
    const pair = vethSpec(request);
    requireNoVeth(this.#host, pod.namespace, pair);
    try {
      if (!this.#addresses.add(key, [])) await this.#startAfresh(key);
      const result = await work(pod, pair);
      request.signal.throwIfAborted();
      return result;
    } catch (error) {
      // The failure says more than that of the way back, and DEL will be called again.
      await this.#release(key, { ipam }).catch(() => undefined);
      throw error;
    }
  }

  /** Lets a pod speak to the world with the machine's address, if its network wants that. */
  async masquerade(request: AttachmentRequest<PairConfig>, { ips = [] }: CniResult): Promise<void> {
    if (!request.config.ipMasq || ips.length === 0) return;
    const addresses = ips.map(({ address }) => address);
    this.#addresses.put(attachmentKey(request), addresses);
    await this.#masquerade.add(addresses);
  }

  /** @throws CniError where an address is no longer masqueraded. */
  async checkMasquerade(request: AttachmentRequest<PairConfig>): Promise<void> {
    if (!request.config.ipMasq) return;
    const [missing] = await this.#masquerade.missing(this.#addresses.get(attachmentKey(request)) ?? []);
    if (missing !== undefined) throw checkFailure(`the address ${missing} is not masqueraded`);
  }

  /** Takes away what `connect` made, its lease included. What is gone is no error. */
  async disconnect(request: AttachmentRequest<PairConfig>, ipam: Delegate | undefined): Promise<void> {
    const { config, netns, ifName, prevResult } = request;
    const addresses = config.ipMasq ? addressesOf(prevResult, ifName) : [];
    await this.#release(attachmentKey(request), { netns, addresses, ipam });
  }

  /**
   * Releases all attachments of a network that are in no list of valid ones, and masquerades again those that are: somebody may
   * have emptied the packet filter. Goes on after a failure.
   */
  async collect({ config, validAttachments }: GcRequest<PairConfig>, ipam: Delegate | undefined): Promise<void> {
    const stale = await this.#addresses.stale(config.name, validAttachments);
    const kept = await this.#addresses.kept(config.name, validAttachments);
    await runInGroups(stale.map((one) => () => this.#release(one)));
    const restored = kept.map((one) => () => this.#masquerade.add(one.value));
    await runAll([() => runInGroups(restored), async () => ipam?.gc()]);
  }

  /** The pair was looked for and is not there, so this is of an attachment that nobody released. */
  async #startAfresh(key: AttachmentKey): Promise<void> {
    await this.#masquerade.delete(this.#addresses.get(key) ?? []);
    this.#addresses.put(key, []);
  }

  /** The link goes before the lease: nobody gets an address that another pod still has. */
  async #release(key: AttachmentKey, { netns = '', addresses = [], ipam }: Release = {}): Promise<void> {
    const stored = this.#addresses.get(key);
    // Without a record it was released before: its addresses may be another pod's.
    const masqueraded = stored === undefined ? [] : [...new Set([...stored, ...addresses])];
    await runAll([
      () => disconnectVeth(this.#host, netns, { hostName: linkName('veth', key), ifName: key.ifName }),
      () => this.#masquerade.delete(masqueraded),
    ]);
    await ipam?.del();
    this.#addresses.delete(key);
  }
}

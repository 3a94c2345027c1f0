import type { Delegate, ValidAttachment } from '@kubewright/cni-sdk';
import type { AttachmentKey, AttachmentStore } from '../host/attachment-store.js';
import { runAll } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { Masquerade } from '../host/masquerade.js';
import { linkName } from '../host/names.js';
import { broken } from './pod-interface.js';
import { disconnectVeth } from './veth.js';

/** What to release beside the pair and what is written down. */
export interface ReleaseOptions {
  /**
   * Where to look for a pair that another plugin made. Only a path that the runtime named just now will do: one that was
   * written down may be another pod's by then. Default: nowhere.
   */
  readonly netns?: string;
  /** Further addresses that are masqueraded. */
  readonly addresses?: readonly string[];
  /** Whose lease is given back. */
  readonly ipam?: Delegate | undefined;
}

/**
 * Pods that a plugin connected by a pair of interfaces, whose addresses may be masqueraded. Each is written down before the
 * kernel is changed, so whatever a killed process left behind is found and released.
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

  /** Writes the attachment down at once, which has to come before anything is made. */
  async begin(key: AttachmentKey): Promise<void> {
    this.#addresses.put(key, []);
  }

  async masquerade(key: AttachmentKey, addresses: readonly string[]): Promise<void> {
    if (addresses.length === 0) return;
    this.#addresses.put(key, addresses);
    await this.#masquerade.add(addresses);
  }

  /** @throws CniError where an address is no longer masqueraded. */
  async checkMasquerade(key: AttachmentKey): Promise<void> {
    const [missing] = await this.#masquerade.missing(this.#addresses.get(key) ?? []);
    if (missing !== undefined) throw broken(`the address ${missing} is not masqueraded`);
  }

  /** The link goes before the lease: nobody gets an address that another pod still has. What is gone is no error. */
  async release(key: AttachmentKey, { netns = '', addresses = [], ipam }: ReleaseOptions = {}): Promise<void> {
    const stored = this.#addresses.get(key) ?? [];
    await runAll([
      () => disconnectVeth(this.#host, netns, { hostName: linkName('veth', key), ifName: key.ifName }),
      () => this.#masquerade.delete([...new Set([...stored, ...addresses])]),
    ]);
    await ipam?.del();
    this.#addresses.delete(key);
  }

  /** Releases all attachments of a network that are in no list of valid ones. Goes on after a failure. */
  async releaseStale(network: string, valid: readonly ValidAttachment[]): Promise<void> {
    await runAll(this.#addresses.stale(network, valid).map((one) => () => this.release(one)));
  }
}

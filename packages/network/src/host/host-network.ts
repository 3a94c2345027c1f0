import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';
import type { Clock } from '@kubewright/core';
import {
  ConnectionTracking,
  linkExists,
  LinkReaper,
  NetworkNamespace,
  Nftables,
  Rtnetlink,
  updateSysctl,
} from '@kubewright/linux';
import { AttachmentStore } from './attachment-store.js';
import { PacketFilter } from './packet-filter.js';

export interface HostNetworkOptions {
  /** Path of the network namespace that is the host's. Default: that of the process. */
  readonly namespace?: string;
  /**
   * Where attachments are written down. Default: `/run/kubewright/cni`. It belongs on a file system that is empty after a
   * start of the machine, as what is described is gone then, too.
   */
  readonly stateDirectory?: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** A link group of our own: links in it are about to be deleted. Nobody else may use it. */
const groupToKill = 0x6b77636e;

/** The machine's network, shared by plugins. The owner closes it when no plugin is called any more. */
export class HostNetwork implements AsyncDisposable {
  readonly clock: Clock;
  readonly #stateDirectory: string;
  readonly #path: string | undefined;
  #namespace: NetworkNamespace | undefined;
  #tables: Rtnetlink | undefined;
  #reaperTables: Rtnetlink | undefined;
  #reaper: LinkReaper | undefined;
  #nftables: Nftables | undefined;
  #filter: PacketFilter | undefined;
  #flows: ConnectionTracking | undefined;

  constructor(options: HostNetworkOptions = {}) {
    this.#path = options.namespace;
    this.#stateDirectory = options.stateDirectory ?? '/run/kubewright/cni';
    this.clock = options.clock ?? new SystemClock();
  }

  get tables(): Rtnetlink {
    return (this.#tables ??= Rtnetlink.open(this.#inside()));
  }

  /** Deletes links together, on a socket of its own: a deletion takes 20 to 30 ms. */
  get reaper(): LinkReaper {
    this.#reaperTables ??= Rtnetlink.open(this.#inside());
    return (this.#reaper ??= new LinkReaper(this.#reaperTables, groupToKill));
  }

  get filter(): PacketFilter {
    this.#nftables ??= Nftables.open(this.#inside());
    return (this.#filter ??= new PacketFilter(this.#nftables));
  }

  /** What the kernel remembers of connections. */
  get flows(): ConnectionTracking {
    return (this.#flows ??= ConnectionTracking.open(this.#inside()));
  }

  /** Sets kernel parameters that do not have the value yet. One that this kernel lacks is left out. */
  setSysctl(values: Readonly<Record<string, string | number>>): void {
    updateSysctl(values, this.#inside());
  }

  /** Whether the machine has a link of this name, as far as can be told without waiting. */
  hasLink(name: string): boolean {
    return linkExists(name, this.#inside());
  }

  /** Where the pod networks of this machine stand, once the cluster gave it some. */
  get podNetworkFile(): string {
    return join(this.#stateDirectory, 'pod-network.json');
  }

  /** What a plugin wrote down about its attachments. */
  attachments<T>(type: string, decode: (value: unknown) => T): AttachmentStore<T> {
    return new AttachmentStore(join(this.#stateDirectory, type), decode);
  }

  async close(): Promise<void> {
    await Promise.all([
      this.#tables?.close(),
      this.#reaperTables?.close(),
      this.#nftables?.close(),
      this.#flows?.close(),
    ]);
    this.#namespace?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #inside(): { readonly namespace?: NetworkNamespace } {
    if (this.#path === undefined) return {};
    return { namespace: (this.#namespace ??= NetworkNamespace.open(this.#path)) };
  }
}

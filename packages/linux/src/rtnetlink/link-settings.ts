/** What can be set when a link is made and later. */
export interface LinkSettings {
  readonly mtu?: number;
  /** Six bytes, as `0a:58:0a:01:02:03`. */
  readonly mac?: string;
  /** Index of the bridge or bond it becomes a port of; 0 takes it out. */
  readonly master?: number;
  readonly up?: boolean;
  /** Links of a group can be changed and deleted in one request. 0 is everybody's default. */
  readonly group?: number;
  /** Descriptor of the namespace it moves to, or is made in. */
  readonly namespaceDescriptor?: number;
  readonly txQueueLength?: number;
  readonly promiscuous?: boolean;
  readonly allMulticast?: boolean;
  readonly alias?: string;
}

/** What can be set of a link that is there. */
export interface LinkChanges extends LinkSettings {
  /**
   * Whether neighbours are told of its IPv4 addresses whenever it comes up (`net.ipv4.conf.LINK.arp_notify`). To count the first
   * time, it is set, and the addresses are added, by requests before the one that brings the link up.
   */
  readonly arpNotify?: boolean;
}

/** An end of a pair, or a new link. */
export interface LinkIdentity extends LinkSettings {
  /** Default: the kernel picks one. */
  readonly name?: string;
  /**
   * Index to take, so that later requests of one batch can name it. Default: the kernel picks one. The kernel takes it for
   * the other end of a pair only where this end has one as well.
   */
  readonly index?: number;
}

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

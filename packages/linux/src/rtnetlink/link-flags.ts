import type { NetlinkSocket } from '../netlink/socket.js';

/** Requests of ioctl and flags, from linux/sockios.h and linux/if.h. */
const ask = { name: 0x8910, flags: 0x8913 } as const;
const flag = { up: 0x1, running: 0x40, promiscuous: 0x100 } as const;
/** A name, zeros included, and behind it the index or the flags. */
const nameLength = 16;
const requestLength = 40;

/** What the kernel tells of a link without taking a lock. */
export interface LinkFlags {
  readonly up: boolean;
  /** Up, and as far as the kernel knows nothing below keeps it from carrying packets. True also while it does not know yet. */
  readonly running: boolean;
  /** Whether somebody asked for it. */
  readonly promiscuous: boolean;
}

/** Undefined where the link of this index is gone, or has another name by now. */
export function readLinkFlags(socket: NetlinkSocket, index: number, name: string): LinkFlags | undefined {
  const request = Buffer.alloc(requestLength);
  request.writeInt32LE(index, nameLength);
  // By index first: asked for a name that is not there, the kernel would look for a module.
  if (socket.control(ask.name, request).errno !== 0) return undefined;
  if (request.toString('utf8', 0, request.indexOf(0)) !== name) return undefined;
  if (socket.control(ask.flags, request).errno !== 0) return undefined;
  const flags = request.readUInt16LE(nameLength);
  return {
    up: (flags & flag.up) !== 0,
    running: (flags & flag.running) !== 0,
    promiscuous: (flags & flag.promiscuous) !== 0,
  };
}

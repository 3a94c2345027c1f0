import { attribute, AttributeMap } from '../netlink/attributes.js';
import type { Attribute } from '../netlink/attributes.js';
import { messageFlag } from '../netlink/message.js';
import type { NetlinkMessage, NetlinkRequest } from '../netlink/message.js';
import { routeMessage } from './constants.js';

export interface RateLimit {
  /** Bits per second. */
  readonly rate: number;
  /** Bits that may pass at once. */
  readonly burst: number;
  /** Milliseconds that a packet may wait. Default: 25. */
  readonly latency?: number;
}

const tca = { kind: 1, options: 2 } as const;
const tbf = { parameters: 1, rate64: 4, burst: 6 } as const;
const rootHandle = 0xffffffff;
const ingressHandle = 0xfffffff1;
const ingressMajor = 0xffff0000;
const everyProtocol = 3;
const stolen = 4;
const egressRedirect = 1;
const defaultLatency = 25;
/** Nanoseconds of one tick of the packet scheduler (psched in the kernel: 64 ns). */
const tickNanoseconds = 64;
const largest32 = 0xffffffff;
const trafficHeaderLength = 20;

/** Limits what leaves by a link (a token bucket as the root queue). For what comes in, redirect to an ifb and limit that. */
export function limitRate(link: number, limit: RateLimit): NetlinkRequest {
  const { rate, burst, queue } = inBytes(limit);
  const parameters = Buffer.alloc(36);
  // The rate's specification is 12 bytes: bytes per second stand in its last four; a second one for the peak stays zero.
  parameters.writeUInt8(1, 1);
  parameters.writeUInt32LE(Math.min(rate, largest32), 8);
  parameters.writeUInt32LE(queue, 24);
  parameters.writeUInt32LE(Math.min(Math.floor((burst / rate) * (1e9 / tickNanoseconds)), largest32), 28);
  const options = [
    attribute.bytes(tbf.parameters, parameters),
    attribute.u32(tbf.burst, Math.min(burst, largest32)),
    ...(rate > largest32 ? [attribute.u64(tbf.rate64, BigInt(rate))] : []),
  ];
  return queueRequest(
    `limit the rate of link ${link}`,
    routeMessage.newQdisc,
    messageFlag.create | messageFlag.replace,
    trafficHeader(link, 0x10000, rootHandle, 0),
    [attribute.text(tca.kind, 'tbf'), attribute.nest(tca.options, options)],
  );
}

/** Asks for the root queue. */
export function getRateLimit(link: number): NetlinkRequest {
  const header = trafficHeader(link, 0, rootHandle, 0);
  return queueRequest(`show the queue of link ${link}`, routeMessage.getQdisc, messageFlag.echo, header, []);
}

/** Whether a root queue is what `limitRate` makes. How long packets wait in it follows from rate and burst. */
export function isRateLimit({ body }: NetlinkMessage, limit: RateLimit): boolean {
  const { rate, queue } = inBytes(limit);
  const attributes = new AttributeMap(body.subarray(trafficHeaderLength));
  const options = attributes.text(tca.kind) === 'tbf' ? attributes.nest(tca.options) : undefined;
  const parameters = options?.bytes(tbf.parameters);
  if (parameters === undefined || parameters.length < 36) return false;
  const wide = options?.bytes(tbf.rate64);
  const present = wide === undefined ? BigInt(parameters.readUInt32LE(8)) : wide.readBigUInt64LE();
  return present === BigInt(rate) && parameters.readUInt32LE(24) === queue;
}

/** What the kernel is told of a limit: bytes per second, bytes at once, and bytes that may wait. */
function inBytes(limit: RateLimit): Readonly<Record<'rate' | 'burst' | 'queue', number>> {
  const rate = Math.max(1, Math.floor(limit.rate / 8));
  const burst = Math.max(1, Math.floor(limit.burst / 8));
  const waiting = Math.floor((rate * (limit.latency ?? defaultLatency)) / 1000);
  return { rate, burst, queue: Math.min(waiting + burst, largest32) };
}

/** Takes the root queue away, and with it the limit. Refused with ENOENT where there is none. */
export function removeRateLimit(link: number): NetlinkRequest {
  const header = trafficHeader(link, 0, rootHandle, 0);
  return queueRequest(`remove the rate limit of link ${link}`, routeMessage.deleteQdisc, 0, header, []);
}

/** Sends all that comes in by `link` through `target` (an ifb) first. */
export function redirectIngress(link: number, target: number): NetlinkRequest[] {
  const redirect = Buffer.alloc(28);
  redirect.writeUInt32LE(stolen, 8);
  redirect.writeUInt32LE(egressRedirect, 20);
  redirect.writeUInt32LE(target, 24);
  const action = attribute.nest(1, [attribute.text(1, 'mirred'), attribute.nest(2, [attribute.bytes(2, redirect)])]);
  // A u32 selector with one key whose mask is zero matches every packet; its terminal flag ends the search.
  const everything = Buffer.alloc(32);
  everything.writeUInt8(1, 0);
  everything.writeUInt8(1, 2);
  return [
    queueRequest(
      `watch what comes in by link ${link}`,
      routeMessage.newQdisc,
      messageFlag.create | messageFlag.exclusive,
      trafficHeader(link, ingressMajor, ingressHandle, 0),
      [attribute.text(tca.kind, 'ingress')],
    ),
    queueRequest(
      `redirect what comes in by link ${link}`,
      routeMessage.newFilter,
      messageFlag.create | messageFlag.exclusive,
      trafficHeader(link, 0, ingressMajor, ((1 << 16) | (everyProtocol << 8)) >>> 0),
      [
        attribute.text(tca.kind, 'u32'),
        attribute.nest(tca.options, [attribute.nest(7, [action]), attribute.bytes(5, everything)]),
      ],
    ),
  ];
}

/** `info` holds a filter's priority in its upper half and the protocol, in network order, in its lower. */
function trafficHeader(link: number, handle: number, parent: number, info: number): Buffer {
  const header = Buffer.alloc(trafficHeaderLength);
  header.writeInt32LE(link, 4);
  header.writeUInt32LE(handle, 8);
  header.writeUInt32LE(parent, 12);
  header.writeUInt32LE(info, 16);
  return header;
}

function queueRequest(
  purpose: string,
  type: number,
  flags: number,
  header: Buffer,
  attributes: readonly Attribute[],
): NetlinkRequest {
  return { purpose, type, flags, header, attributes };
}

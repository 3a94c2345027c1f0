import { linuxErrors } from '../errors.js';
import { errnoName } from '../ffi/errno.js';
import { AttributeMap, aligned, encodeAttributes } from './attributes.js';
import type { Attribute } from './attributes.js';

/** Flags of a message (linux/netlink.h). A request gets `request` and `acknowledge` by itself. */
export const messageFlag = {
  request: 0x001,
  acknowledge: 0x004,
  dumpInterrupted: 0x010,
  dump: 0x300,
  replace: 0x100,
  /** Answer also to who asked, where the kernel would tell only those who listen. */
  echo: 0x008,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
} as const;

const acknowledgementTlvs = 0x200;
const cappedAcknowledgement = 0x100;

/** Message types below the first of any protocol. */
export const controlType = { error: 2, done: 3 } as const;

export const messageHeaderLength = 16;

/** One thing to ask of the kernel: built by pure functions, sent by a socket. */
export interface NetlinkRequest {
  /** Completes the sentence "the kernel refused to …". */
  readonly purpose: string;
  readonly type: number;
  /** Beside request and acknowledge. */
  readonly flags: number;
  /** The fixed structure that the protocol puts before the attributes. */
  readonly header: Uint8Array;
  readonly attributes: readonly Attribute[];
}

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Buffer;
}

/** What the kernel said of one request. */
export interface Acknowledgement {
  /** 0: done. */
  readonly errno: number;
  /** The kernel's own words, where it gave any. */
  readonly reason?: string;
}

export interface NetlinkAnswer extends Acknowledgement {
  /** What the kernel showed, where the request was to show something. */
  readonly shown?: NetlinkMessage;
}

export function encodeMessage(request: NetlinkRequest, sequence: number, flags: number): Buffer {
  const attributes = encodeAttributes(request.attributes);
  const header = aligned(request.header.length);
  const length = messageHeaderLength + header + attributes.length;
  const buffer = Buffer.alloc(aligned(length));
  buffer.writeUInt32LE(length, 0);
  buffer.writeUInt16LE(request.type, 4);
  buffer.writeUInt16LE(request.flags | flags, 6);
  buffer.writeUInt32LE(sequence, 8);
  buffer.set(request.header, messageHeaderLength);
  buffer.set(attributes, messageHeaderLength + header);
  return buffer;
}

/** Splits what one receive returned. The bodies are views of `buffer`. */
export function decodeMessages(buffer: Buffer): NetlinkMessage[] {
  const messages = [];
  for (let offset = 0; offset + messageHeaderLength <= buffer.length;) {
    const length = buffer.readUInt32LE(offset);
    if (length < messageHeaderLength || offset + length > buffer.length) {
      throw linuxErrors.NETLINK_PROTOCOL({ problem: `a message of ${length} bytes at ${offset} of ${buffer.length}` });
    }
    messages.push({
      type: buffer.readUInt16LE(offset + 4),
      flags: buffer.readUInt16LE(offset + 6),
      sequence: buffer.readUInt32LE(offset + 8),
      body: buffer.subarray(offset + messageHeaderLength, offset + length),
    });
    offset += aligned(length);
  }
  return messages;
}

const extendedMessage = 1;

/** Reads an error or done message, with the extended text where the kernel gave one. */
export function decodeAcknowledgement(message: NetlinkMessage): Acknowledgement {
  const { body } = message;
  if (body.length < 4) return { errno: 0 };
  const errno = -body.readInt32LE(0);
  if ((message.flags & acknowledgementTlvs) === 0) return { errno };
  const reason = new AttributeMap(body.subarray(extendedOffset(message))).text(extendedMessage);
  return reason === undefined ? { errno } : { errno, reason };
}

/** The extended attributes stand after the code, and in an error also after the header, or the whole, of the request. */
function extendedOffset({ type, flags, body }: NetlinkMessage): number {
  if (type === controlType.done || body.length < 4 + messageHeaderLength) return 4;
  const echoed = (flags & cappedAcknowledgement) === 0 ? body.readUInt32LE(4) : messageHeaderLength;
  return Math.min(4 + aligned(echoed), body.length);
}

/** The error of a refused request; `index` is its place in the batch. */
export function refusal(request: NetlinkRequest, acknowledgement: Acknowledgement, index: number): Error {
  const details = { request: request.purpose, errno: errnoName(acknowledgement.errno), index };
  return linuxErrors.NETLINK(
    acknowledgement.reason === undefined ? details : { ...details, reason: acknowledgement.reason },
  );
}

/** What a request to show something was answered with; undefined where the kernel knows no such thing. */
export function shownBy(request: NetlinkRequest, answer: NetlinkAnswer | undefined): NetlinkMessage | undefined {
  if (answer === undefined || answer.errno === 0) return answer?.shown;
  if (['ENODEV', 'ENOENT', 'ESRCH', 'ENETUNREACH', 'EHOSTUNREACH'].includes(errnoName(answer.errno))) return undefined;
  throw refusal(request, answer, 0);
}

/** Whether `error` is the kernel's refusal with one of these errno names. */
export function isRefusal(error: unknown, ...errnos: readonly string[]): boolean {
  return linuxErrors.NETLINK.is(error) && errnos.includes(error.details.errno);
}

import { criSdkErrors } from '../../errors.js';

/** The types of SPDY/3.1 control frames. */
export const controlType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** The flag of a frame after which its sender sends nothing more on the stream. */
export const finFlag = 1;
const version = 3;
const headSize = 8;
/** No client of a runtime sends frames of more than a few kilobytes; the protocol allows 16 MiB. */
const largestFrame = 2 * 1024 * 1024;

export interface DataFrame {
  readonly kind: 'data';
  readonly streamId: number;
  readonly fin: boolean;
  readonly payload: Buffer;
}

export interface ControlFrame {
  readonly kind: 'control';
  readonly type: number;
  readonly fin: boolean;
  readonly payload: Buffer;
}

export type Frame = DataFrame | ControlFrame;

/** Cuts what arrives into frames. */
export class FrameReader {
  #parts: Buffer[] = [];
  #size = 0;

  /** The frames that are whole with this chunk. @throws SPDY_PROTOCOL */
  *push(chunk: Buffer): Generator<Frame> {
    this.#parts.push(chunk);
    this.#size += chunk.length;
    for (;;) {
      if (this.#size < headSize) return;
      const length = this.#peek(headSize).readUIntBE(5, 3);
      if (length > largestFrame) throw criSdkErrors.SPDY_PROTOCOL({ reason: `a frame has ${length} bytes` });
      if (this.#size < headSize + length) return;
      const bytes = this.#peek(headSize + length);
      const frame = bytes.subarray(0, headSize + length);
      const rest = bytes.subarray(headSize + length);
      // `#peek` made the first part hold at least this frame.
      this.#parts[0] = rest;
      this.#size -= frame.length;
      yield parseFrame(frame);
    }
  }

  /** The first part, joined with those that follow until it has as many bytes. */
  #peek(bytes: number): Buffer {
    let [first = Buffer.alloc(0)] = this.#parts;
    if (first.length < bytes) {
      first = Buffer.concat(this.#parts);
      this.#parts = [first];
    }
    return first;
  }
}

function parseFrame(frame: Buffer): Frame {
  const first = frame.readUInt32BE(0);
  const fin = ((frame[4] ?? 0) & finFlag) !== 0;
  const payload = frame.subarray(headSize);
  if (first < 0x80000000) return { kind: 'data', streamId: first, fin, payload };
  const spoken = (first >>> 16) & 0x7fff;
  if (spoken !== version) throw criSdkErrors.SPDY_PROTOCOL({ reason: `a frame is of SPDY version ${spoken}` });
  return { kind: 'control', type: first & 0xffff, fin, payload };
}

export function dataFrame(streamId: number, payload: Uint8Array, fin: boolean): Buffer[] {
  return [head(streamId, fin, payload.length), Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)];
}

export function controlFrame(type: number, payload: Uint8Array, fin = false): Buffer {
  return Buffer.concat([head((0x80000000 | (version << 16) | type) >>> 0, fin, payload.length), payload]);
}

function head(first: number, fin: boolean, length: number): Buffer {
  const bytes = Buffer.alloc(headSize);
  bytes.writeUInt32BE(first, 0);
  bytes[4] = fin ? finFlag : 0;
  bytes.writeUIntBE(length, 5, 3);
  return bytes;
}

/** Numbers of 32 bits after each other, as most control frames hold them. */
export function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

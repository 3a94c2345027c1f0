import { Duplex } from 'node:stream';
import { asError } from '@kubewright/core';
import type { SpdyHeaders } from './header-codec.js';

/** What a stream needs of its connection. */
export interface StreamCarrier {
  /** Resolves when the connection has room for more. */
  send(streamId: number, payload: Uint8Array, fin: boolean): Promise<void>;
  /** Tells the peer that neither side uses the stream any longer. */
  reset(streamId: number): void;
  /** The stream is done in both directions. */
  forget(streamId: number): void;
}

/** Bytes that wait for a slow reader before the connection stops reading; streams share it, so this holds up the others. */
const readAhead = 256 * 1024;
/** Larger writes are cut, so that streams take turns. */
const largestPayload = 32 * 1024;

/** One stream of a connection: each direction ends by itself, and destroying it resets it. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #carrier: StreamCarrier;
  #ended: { read: boolean; written: boolean };
  #wanted: (() => void) | undefined;

  constructor(id: number, headers: SpdyHeaders, carrier: StreamCarrier, halfClosed: boolean) {
    super({ allowHalfOpen: true, readableHighWaterMark: readAhead, autoDestroy: false });
    this.id = id;
    this.headers = headers;
    this.#carrier = carrier;
    this.#ended = { read: false, written: false };
    if (halfClosed) this.receiveEnd();
  }

  /** Takes data of the peer; resolves when there is room for more. */
  receive(payload: Buffer): Promise<void> | undefined {
    if (this.destroyed || this.#ended.read || payload.length === 0 || this.push(payload)) return undefined;
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  receiveEnd(): void {
    if (this.#ended.read) return;
    this.#ended = { ...this.#ended, read: true };
    this.push(null);
    this.#forgetWhenDone();
  }

  /** The peer gave the stream up. */
  receiveReset(error: Error): void {
    this.#ended = { read: true, written: true };
    this.destroy(error);
  }

  override _read(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    settle(this.#sendAll(chunk), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    settle(this.#sendEnd(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#ended.read || !this.#ended.written) this.#carrier.reset(this.id);
    this.#carrier.forget(this.id);
    this._read();
    done(error);
  }

  async #sendAll(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; at += largestPayload) {
      await this.#carrier.send(this.id, chunk.subarray(at, at + largestPayload), false);
    }
  }

  async #sendEnd(): Promise<void> {
    await this.#carrier.send(this.id, Buffer.alloc(0), true);
    this.#ended = { ...this.#ended, written: true };
    this.#forgetWhenDone();
  }

  #forgetWhenDone(): void {
    if (this.#ended.read && this.#ended.written) this.#carrier.forget(this.id);
  }
}

/** Tells a callback how a promise ended. */
function settle(work: Promise<void>, tell: (error: Error | null) => void): void {
  const failed = (error: unknown): void => tell(asError(error));
  void work.then(tell.bind(undefined, null), failed);
}

import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { criSdkErrors } from '../../errors.js';
import { FrameReader, controlFrame, controlType, dataFrame, numbers } from './frames.js';
import type { ControlFrame, DataFrame, Frame } from './frames.js';
import { HeaderCodec } from './header-codec.js';
import { SpdyStream } from './spdy-stream.js';
import type { StreamCarrier } from './spdy-stream.js';

/** Why a stream is reset: the peer refuses it, or has no more use for it. */
const resetStatus = { refused: 3, cancel: 5 } as const;
/** More than a port-forward with hundreds of parallel connections needs. */
const mostStreams = 2_000;

export interface SpdyConnectionOptions {
  /** Takes a stream that the client opened; it was accepted already. */
  readonly onStream: (stream: SpdyStream) => void;
  /** What was read from the socket beyond the request that upgraded it. */
  readonly head?: Buffer;
}

/** The server's side of a connection. It ends with its socket; closing it resets the streams that are left. */
export class SpdyConnection {
  /** Settles when the connection has ended; rejects where the client broke the protocol. */
  readonly ended: Promise<void>;
  readonly #socket: Duplex;
  readonly #options: SpdyConnectionOptions;
  readonly #codec = new HeaderCodec();
  readonly #reader = new FrameReader();
  readonly #streams = new Map<number, SpdyStream>();
  #lastStream = 0;

  constructor(socket: Duplex, options: SpdyConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('error', () => socket.destroy());
    this.ended = this.#run();
  }

  /** Says that no more streams are taken, and ends the connection after what is underway was written. */
  close(): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(controlFrame(controlType.goAway, numbers(this.#lastStream, 0)));
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #run(): Promise<void> {
    try {
      if (this.#options.head !== undefined && this.#options.head.length > 0) await this.#take(this.#options.head);
      const chunks: AsyncIterable<Buffer> = this.#socket;
      for await (const chunk of chunks) await this.#take(chunk);
    } catch (error) {
      // A connection that is cut ends; only a broken protocol is an error.
      if (criSdkErrors.SPDY_PROTOCOL.is(error)) throw error;
    } finally {
      this.#socket.destroy();
      this.#codec.close();
      const reason = criSdkErrors.STREAM_CLOSED({ reason: 'the client closed the connection' });
      for (const stream of this.#streams.values()) stream.receiveReset(reason);
    }
  }

  async #take(chunk: Buffer): Promise<void> {
    for (const frame of this.#reader.push(chunk)) await this.#handle(frame);
  }

  async #handle(frame: Frame): Promise<void> {
    if (frame.kind === 'data') await this.#data(frame);
    else await this.#control(frame);
  }

  async #data({ streamId, payload, fin }: DataFrame): Promise<void> {
    const stream = this.#streams.get(streamId);
    // Data that was underway when the stream ended has nobody to read it.
    if (stream === undefined) return;
    await stream.receive(payload);
    if (fin) stream.receiveEnd();
  }

  async #control(frame: ControlFrame): Promise<void> {
    const { type, payload } = frame;
    switch (type) {
      case controlType.synStream:
        return this.#open(frame);
      case controlType.rstStream:
        this.#streams
          .get(readId(payload))
          ?.receiveReset(criSdkErrors.STREAM_CLOSED({ reason: 'the client reset the stream' }));
        return undefined;
      case controlType.ping:
        // Even numbers are those of pings that a server began: answers, which need none.
        if (readId(payload) % 2 === 1) await this.#write(controlFrame(controlType.ping, payload));
        return undefined;
      case controlType.headers:
        // The blocks share one compressed stream, so each has to be read even where nobody asks for it.
        await this.#codec.unpack(payload.subarray(4));
        return undefined;
      case controlType.goAway:
        return undefined;
      default:
        return undefined; // settings and window updates change nothing here
    }
  }

  async #open({ payload, fin }: ControlFrame): Promise<void> {
    if (payload.length < 10) throw criSdkErrors.SPDY_PROTOCOL({ reason: 'a stream is opened with too short a frame' });
    const id = readId(payload);
    const headers = await this.#codec.unpack(payload.subarray(10));
    if (id % 2 === 0 || id <= this.#lastStream) {
      throw criSdkErrors.SPDY_PROTOCOL({ reason: `stream ${id} was opened after stream ${this.#lastStream}` });
    }
    this.#lastStream = id;
    if (this.#streams.size >= mostStreams) {
      await this.#write(controlFrame(controlType.rstStream, numbers(id, resetStatus.refused)));
      return;
    }
    const reply = await this.#codec.pack(new Map());
    await this.#write(controlFrame(controlType.synReply, Buffer.concat([numbers(id), reply])));
    const stream = new SpdyStream(id, headers, this.#carrier, fin);
    stream.on('error', () => undefined); // whoever uses the stream hears of it through the stream, or does not care
    this.#streams.set(id, stream);
    this.#options.onStream(stream);
  }

  readonly #carrier: StreamCarrier = {
    send: async (id, payload, fin) => {
      await this.#write(...dataFrame(id, payload, fin));
    },
    reset: (id) => {
      if (this.#socket.writable)
        this.#socket.write(controlFrame(controlType.rstStream, numbers(id, resetStatus.cancel)));
    },
    forget: (id) => void this.#streams.delete(id),
  };

  /** The parts of a frame are written in one turn, so frames never mix; only the wait for room comes after. */
  async #write(...parts: readonly Buffer[]): Promise<void> {
    if (!this.#socket.writable) throw criSdkErrors.STREAM_CLOSED({ reason: 'the connection is closed' });
    let room = true;
    for (const part of parts) room = this.#socket.write(part);
    if (room) return;
    const gone = new AbortController();
    const stop = (): void => gone.abort();
    this.#socket.once('close', stop);
    await once(this.#socket, 'drain', { signal: gone.signal }).catch(() => undefined);
    this.#socket.off('close', stop);
  }
}

function readId(payload: Buffer): number {
  if (payload.length < 4) throw criSdkErrors.SPDY_PROTOCOL({ reason: 'a control frame is too short' });
  return payload.readUInt32BE(0) & 0x7fffffff;
}

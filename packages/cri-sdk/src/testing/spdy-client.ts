import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { FrameReader, controlFrame, controlType, dataFrame, numbers } from '../streaming/spdy/frames.js';
import { HeaderCodec } from '../streaming/spdy/header-codec.js';

/** A stream of a `SpdyClient`. */
export interface ClientStream {
  readonly id: number;
  /** What came so far. */
  text(): string;
  /** Settles when the server has ended or reset the stream, and says which. */
  readonly ended: Promise<'end' | 'reset'>;
  write(text: string | Uint8Array, fin?: boolean): void;
}

interface OpenStream extends ClientStream {
  readonly parts: Buffer[];
  readonly settle: (how: 'end' | 'reset') => void;
}

/** A SPDY/3.1 client for tests of a runtime's streaming URLs; it opens streams as the clients of Kubernetes do. */
export class SpdyClient {
  readonly #socket: Duplex;
  readonly #codec = new HeaderCodec();
  readonly #streams = new Map<number, OpenStream>();
  readonly closed: Promise<unknown>;
  readonly protocol: string;
  #next = 1;
  #pong: ((id: number) => void) | undefined;

  constructor(socket: Duplex, head: Buffer, protocol: string) {
    this.#socket = socket;
    this.protocol = protocol;
    socket.on('error', () => undefined);
    this.closed = once(socket, 'close');
    const reader = new FrameReader();
    const take = (chunk: Buffer): void => {
      for (const frame of reader.push(chunk)) {
        if (frame.kind === 'control' && frame.type === controlType.ping) this.#pong?.(frame.payload.readUInt32BE(0));
        if (frame.kind === 'control' && frame.type === controlType.rstStream) {
          this.#streams.get(frame.payload.readUInt32BE(0))?.settle('reset');
        }
        if (frame.kind !== 'data') continue;
        const stream = this.#streams.get(frame.streamId);
        stream?.parts.push(Buffer.from(frame.payload));
        if (frame.fin) stream?.settle('end');
      }
    };
    take(head);
    socket.on('data', take);
    socket.on('end', () => socket.end());
  }

  /** Upgrades a URL; rejects with the status and text of a refusal. */
  static async connect(url: string, protocols: readonly string[]): Promise<SpdyClient> {
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': [...protocols] };
    const sent = request(url, { method: 'POST', headers });
    sent.end();
    return new Promise((resolve, reject) => {
      sent.on('error', reject);
      sent.on('response', (response: IncomingMessage) => {
        response.resume();
        reject(new Error(`refused with ${response.statusCode}`));
      });
      sent.on('upgrade', (response: IncomingMessage, socket: Duplex, head: Buffer) => {
        resolve(new SpdyClient(socket, head, String(response.headers['x-stream-protocol-version'])));
      });
    });
  }

  async open(headers: Readonly<Record<string, string>>): Promise<ClientStream> {
    const id = this.#next;
    this.#next += 2;
    const { promise, resolve } = Promise.withResolvers<'end' | 'reset'>();
    const parts: Buffer[] = [];
    const stream: OpenStream = {
      id,
      parts,
      text: () => Buffer.concat(parts).toString(),
      ended: promise,
      settle: resolve,
      write: (text, fin = false) => {
        for (const part of dataFrame(id, Buffer.from(text), fin)) this.#socket.write(part);
      },
    };
    this.#streams.set(id, stream);
    const block = await this.#codec.pack(new Map(Object.entries(headers)));
    this.#socket.write(controlFrame(controlType.synStream, Buffer.concat([numbers(id, 0), Buffer.alloc(2), block])));
    return stream;
  }

  reset(id: number): void {
    this.#socket.write(controlFrame(controlType.rstStream, numbers(id, 5)));
  }

  /** Sends a ping and waits for its echo. */
  ping(id: number): Promise<number> {
    const answered = new Promise<number>((resolve) => {
      this.#pong = resolve;
    });
    this.#socket.write(controlFrame(controlType.ping, numbers(id)));
    return answered;
  }

  raw(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Reads nothing more until `resume`, as a client does that is busy with what it got. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }
}

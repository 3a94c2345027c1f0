import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The kind of the message that ends a connection. */
const closes = 8;

/** A WebSocket client of a streaming URL that reads when it likes: what Node has built in reads at once. */
export class WebSocketClient {
  readonly #socket: Duplex;
  readonly #channels = new Map<number, Buffer[]>();
  readonly closed: Promise<unknown>;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    this.closed = once(socket, 'close');
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    this.#take(head);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  static async connect(url: string, protocol = 'v4.channel.k8s.io'): Promise<WebSocketClient> {
    const sent = request(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16).toString('base64'),
        'sec-websocket-protocol': protocol,
      },
    });
    sent.end();
    const [, socket, head] = (await once(sent, 'upgrade')) as [IncomingMessage, Duplex, Buffer];
    return new WebSocketClient(socket, head);
  }

  /** What came on a channel. */
  received(channel: number): Buffer {
    return Buffer.concat(this.#channels.get(channel) ?? []);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Messages of a server come unmasked, and this one does not split them. */
  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const short = (this.#rest[1] ?? 0) & 0x7f;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.#rest.length < head) return;
      const wide = short === 127 ? Number(this.#rest.readBigUInt64BE(2)) : short;
      const length = short === 126 ? this.#rest.readUInt16BE(2) : wide;
      if (this.#rest.length < head + length) return;
      const payload = this.#rest.subarray(head, head + length);
      const kind = (this.#rest[0] ?? 0) & 0x0f;
      this.#rest = this.#rest.subarray(head + length);
      const [channel] = payload;
      if (kind === closes) this.#socket.end();
      if (kind > 2 || channel === undefined) continue;
      const parts = this.#channels.get(channel) ?? [];
      this.#channels.set(channel, parts);
      parts.push(Buffer.from(payload.subarray(1)));
    }
  }
}

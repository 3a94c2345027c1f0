import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../image-spec/digest.js';
import { tarOf } from './tar.js';
import type { TarEntry } from './tar.js';

/** How the registry treats its clients. */
export interface RegistryBehaviour {
  /** `token`: a Bearer challenge whose token server wants user and password. */
  auth?: 'none' | 'basic' | 'token';
  /** Bytes of a blob after which its connection is cut, the first time it is fetched. */
  cutAfter?: number;
  /** What its token server says. */
  tokenAnswer?: string;
  /** Replaces a blob's content. */
  forge?: (digest: string, bytes: Buffer) => Buffer;
}

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** A registry on loopback whose clients can be treated badly. */
export class FakeRegistry implements AsyncDisposable {
  readonly behaviour: RegistryBehaviour = {};
  /** Paths that were asked for, with their range. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, { readonly type: string; readonly bytes: Buffer }>();
  readonly #cut = new Set<string>();

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Bytes of all content that is not a manifest. */
  get bytes(): number {
    return [...this.#blobs.values()].reduce((sum, { length }) => sum + length, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Adds an image with the given layers, or their archives; answers its name. */
  async push(
    name: string,
    tag: string,
    layers: readonly (readonly TarEntry[] | Buffer)[],
    options: { readonly config?: object; readonly pack?: (bytes: Buffer) => Buffer; readonly index?: boolean } = {},
  ): Promise<string> {
    const archives = await Promise.all(layers.map(async (layer) => (Buffer.isBuffer(layer) ? layer : tarOf(layer))));
    const packed = archives.map(options.pack ?? ((bytes) => gzipSync(bytes)));
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        config: options.config ?? {},
        rootfs: { type: 'layers', diff_ids: archives.map(digestOf) },
      }),
    );
    const descriptor = (bytes: Buffer, mediaType: string) => ({
      mediaType,
      digest: this.#blob(bytes),
      size: bytes.length,
    });
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: descriptor(config, 'application/vnd.oci.image.config.v1+json'),
        layers: packed.map((bytes) => descriptor(bytes, 'application/vnd.oci.image.layer.v1.tar+gzip')),
      }),
    );
    this.#put(name, [tag, digestOf(manifest)], manifestType, manifest);
    if (options.index === true) {
      const entry = { mediaType: manifestType, digest: digestOf(manifest), size: manifest.length };
      const other = { ...entry, digest: digestOf(Buffer.from('other')) };
      const platform = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };
      const manifests = [
        { ...other, platform: { os: 'plan9', architecture: 'mips' } },
        { ...entry, platform },
      ];
      const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
      this.#put(name, [tag, digestOf(index)], indexType, index);
    }
    return `${this.host}/${name}:${tag}`;
  }

  #put(name: string, targets: readonly string[], type: string, bytes: Buffer): void {
    for (const target of targets) this.#manifests.set(`/v2/${name}/manifests/${target}`, { type, bytes });
  }

  #blob(bytes: Buffer): string {
    const digest = digestOf(bytes);
    this.#blobs.set(digest, bytes);
    return digest;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { url = '', headers } = request;
    this.requests.push(`${url}${headers.range === undefined ? '' : ` ${headers.range}`}`);
    if (url.startsWith('/token')) return this.#token(headers.authorization, response);
    if (!this.#authorized(headers.authorization, response)) return;
    const manifest = this.#manifests.get(url);
    if (manifest !== undefined) {
      response.writeHead(200, { 'content-type': manifest.type }).end(manifest.bytes);
      return;
    }
    const digest = /\/blobs\/(sha256:[0-9a-f]+)$/.exec(url)?.[1] ?? '';
    const stored = this.#blobs.get(digest);
    if (stored === undefined) return void response.writeHead(404).end();
    this.#sendBlob(digest, this.behaviour.forge?.(digest, stored) ?? stored, headers.range, response);
  }

  #sendBlob(digest: string, bytes: Buffer, range: string | undefined, response: ServerResponse): void {
    const start = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    const body = bytes.subarray(start);
    const total = { 'content-length': body.length };
    if (start > 0)
      response.writeHead(206, { ...total, 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
    else response.writeHead(200, total);
    const { cutAfter } = this.behaviour;
    if (cutAfter === undefined || body.length <= cutAfter || this.#cut.has(digest)) return void response.end(body);
    this.#cut.add(digest);
    response.write(body.subarray(0, cutAfter), () => setImmediate(() => response.socket?.destroy()));
  }

  #token(authorization: string | undefined, response: ServerResponse): void {
    if (authorization !== basic) return void response.writeHead(401).end();
    const { tokenAnswer = '{"token":"secret","expires_in":300}' } = this.behaviour;
    response.writeHead(200, { 'content-type': 'application/json' }).end(tokenAnswer);
  }

  #authorized(authorization: string | undefined, response: ServerResponse): boolean {
    const { auth = 'none' } = this.behaviour;
    if (auth === 'none' || authorization === (auth === 'basic' ? basic : 'Bearer secret')) return true;
    const challenge =
      auth === 'basic' ? 'Basic realm="test"' : `Bearer realm="http://${this.host}/token",service="test",scope="pull"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
    return false;
  }
}

const basic = `Basic ${Buffer.from('user:pass').toString('base64')}`;

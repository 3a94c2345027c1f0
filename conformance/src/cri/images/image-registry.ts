import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { manifestType } from './image-archive.js';
import type { BuiltImage } from './image-archive.js';

/** A registry on loopback from which images can be pulled, and nothing else. */
export class ImageRegistry implements AsyncDisposable {
  readonly #server: Server;
  readonly #content = new Map<string, Buffer>();
  readonly #manifests = new Map<string, string>();

  /** @param images - by repository and tag, as `path/name:tag`. */
  constructor(images: ReadonlyMap<string, BuiltImage>) {
    for (const [name, { manifest, content }] of images) {
      this.#manifests.set(name, manifest);
      for (const [digest, bytes] of content) this.#content.set(digest, bytes);
    }
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').replace(/\?.*/, '');
    if (path === '/v2/') return void response.writeHead(200).end();
    const [, name, kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    const isDigest = reference.startsWith('sha256:');
    const digest = isDigest ? reference : (this.#manifests.get(`${name}:${reference}`) ?? '');
    const bytes = this.#content.get(digest);
    if (bytes === undefined) return void response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': kind === 'manifests' ? manifestType : 'application/octet-stream',
      'content-length': bytes.length,
      'docker-content-digest': digest,
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }
}

/**
 * What people do with a runtime that CRI has no words for: pulls that tell how far they are, and images in archives. HTTP on
 * a unix socket that only its owner may connect to. Neighbours: `cli` is the client.
 */
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { KubewrightError } from '@kubewright/core';
import type { ImageArchives } from '../archives/image-archives.js';
import type { ImagePuller, PullProgress } from '../images/image-puller.js';
import type { ImageRecord } from '../images/image-record.js';
import type { ControlLine, PullOrder } from './control-protocol.js';

/** Bytes of a layer between two lines about it. */
const progressStep = 1024 * 1024;

export interface ControlServerOptions {
  /** A path in a directory of its own, which is made for this user alone. */
  readonly path: string;
  readonly puller: ImagePuller;
  readonly archives: ImageArchives;
}

/** Serves until it is stopped. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => refuse(response, error));
    });
  }

  async start(): Promise<void> {
    const { path } = this.#options;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => this.#server.once('error', reject).listen(path, resolve));
    await chmod(path, 0o600);
  }

  /** Ends what goes on. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the client is gone')));
    const url = new URL(request.url ?? '', 'http://localhost');
    const { puller, archives } = this.#options;
    switch (`${request.method} ${url.pathname}`) {
      case 'POST /pull': {
        const { image, username, password } = (await json(request)) as PullOrder;
        const credentials = username === undefined ? {} : { username, password: password ?? '' };
        const told = new Map<string, number>();
        const onProgress = (progress: PullProgress): void => {
          const { layer, phase, bytes, total } = progress;
          if (phase === 'fetch' && bytes < total && bytes - (told.get(layer) ?? 0) < progressStep) return;
          told.set(layer, bytes);
          tell(response, { progress });
        };
        const pulled = await puller.pull(image, { credentials, signal: gone.signal, onProgress });
        tell(response, { images: [summary(pulled)] });
        response.end();
        return;
      }
      case 'POST /import':
        tell(response, { images: (await archives.import(request, gone.signal)).map(summary) });
        response.end();
        return;
      case 'GET /export': {
        const archive = archives.export(url.searchParams.getAll('image'));
        response.writeHead(200, { 'content-type': 'application/x-tar' });
        await pipeline(archive, response);
        return;
      }
      default:
        response.writeHead(404).end();
    }
  }
}

function tell(response: ServerResponse, line: ControlLine): void {
  if (response.writable) response.write(`${JSON.stringify(line)}\n`);
}

function refuse(response: ServerResponse, error: unknown): void {
  const message = KubewrightError.is(error) ? error.message : `this failed: ${String(error)}`;
  if (!response.headersSent) response.statusCode = 422;
  else if (response.getHeader('content-type') === 'application/x-tar') return void response.destroy();
  tell(response, { error: message });
  response.end();
}

function summary({ id, tags }: ImageRecord): { readonly id: string; readonly tags: readonly string[] } {
  return { id, tags };
}

import { pipeline } from 'node:stream/promises';
import { KubewrightError, parseTrusted } from '@kubewright/core';
import type { Clock, Logger } from '@kubewright/core';
import { HttpEndpoint, readBody } from '@kubewright/http';
import type { Incoming, Outgoing } from '@kubewright/http';
import type { ImageArchives } from '../archives/image-archives.js';
import type { ImagePuller, PullProgress } from '../images/image-puller.js';
import type { ImageRecord } from '../images/image-record.js';
import type { ControlLine, PullOrder } from './control-protocol.js';

/** Bytes of a layer between two lines about it. */
const progressStep = 1024 * 1024;
/** Bytes that an order to pull may have: a name and a password. */
const largestOrder = 64 * 1024;

export interface ControlServerOptions {
  /** A path in a directory of its own, which is made for this user alone. */
  readonly path: string;
  readonly puller: ImagePuller;
  readonly archives: ImageArchives;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Serves until it is stopped. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  #endpoint: HttpEndpoint | undefined;

  constructor(options: ControlServerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { path, clock, logger } = this.#options;
    this.#endpoint = await HttpEndpoint.open({
      listen: { path },
      clock,
      logger,
      serve: async (incoming, outgoing, signal) => {
        await this.#answer(incoming, outgoing, signal).catch((error: unknown) => refuse(outgoing, error));
      },
    });
  }

  /** Ends what goes on. */
  async stop(): Promise<void> {
    await this.#endpoint?.abort();
  }

  async #answer(incoming: Incoming, outgoing: Outgoing, signal: AbortSignal): Promise<void> {
    const url = new URL(incoming.url ?? '', 'http://localhost');
    const { puller, archives } = this.#options;
    switch (`${incoming.method} ${url.pathname}`) {
      case 'POST /pull': {
        const body = Buffer.from(await readBody(incoming, { limit: largestOrder, signal })).toString();
        const { image, username, password } = parseTrusted<PullOrder>(body);
        const credentials = username === undefined ? {} : { username, password: password ?? '' };
        const told = new Map<string, number>();
        const onProgress = (progress: PullProgress): void => {
          const { layer, phase, bytes, total } = progress;
          if (phase === 'fetch' && bytes < total && bytes - (told.get(layer) ?? 0) < progressStep) return;
          told.set(layer, bytes);
          tell(outgoing, { progress });
        };
        const pulled = await puller.pull(image, { credentials, signal, onProgress });
        tell(outgoing, { images: [summary(pulled)] });
        outgoing.end();
        return;
      }
      case 'POST /import':
        tell(outgoing, { images: (await archives.import(incoming, signal)).map(summary) });
        outgoing.end();
        return;
      case 'GET /export': {
        const archive = archives.export(url.searchParams.getAll('image'));
        outgoing.setHeader('content-type', 'application/x-tar');
        await pipeline(archive, outgoing);
        return;
      }
      default:
        outgoing.statusCode = 404;
        outgoing.end();
    }
  }
}

function tell(outgoing: Outgoing, line: ControlLine): void {
  if (outgoing.writable) outgoing.write(`${JSON.stringify(line)}\n`);
}

function refuse(outgoing: Outgoing, error: unknown): void {
  const message = KubewrightError.is(error) ? error.message : `this failed: ${String(error)}`;
  if (!outgoing.headersSent) outgoing.statusCode = 422;
  else if (outgoing.getHeader('content-type') === 'application/x-tar') return void outgoing.destroy();
  tell(outgoing, { error: message });
  outgoing.end();
}

function summary({ id, tags }: ImageRecord): { readonly id: string; readonly tags: readonly string[] } {
  return { id, tags };
}

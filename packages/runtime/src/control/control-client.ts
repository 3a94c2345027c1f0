/**
 * What people do with a runtime that CRI has no words for: pulls that tell how far they are, and images in archives. HTTP on
 * a unix socket that only its owner may connect to. Neighbours: `cli` is the client.
 */
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseTrusted } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import type { ControlLine, PullOrder } from './control-protocol.js';

/** The images that an operation brought. */
export type BroughtImages = NonNullable<ControlLine['images']>;

/** Asks a runtime of this machine. @throws CONTROL_FAILED with what it says, CONTROL_UNREACHABLE */
export class ControlClient {
  readonly #path: string;
  readonly #signal: AbortSignal;

  constructor(path: string, signal: AbortSignal) {
    this.#path = path;
    this.#signal = signal;
  }

  async pull(
    order: PullOrder,
    onProgress: (progress: NonNullable<ControlLine['progress']>) => void,
  ): Promise<BroughtImages> {
    return this.#lines(await this.#send('POST', '/pull', JSON.stringify(order)), onProgress);
  }

  async import(archive: Readable): Promise<BroughtImages> {
    return this.#lines(await this.#send('POST', '/import', archive), () => undefined);
  }

  /** The bytes of an archive. */
  async export(images: readonly string[]): Promise<Readable> {
    const query = new URLSearchParams(images.map((image): [string, string] => ['image', image]));
    const answer = await this.#send('GET', `/export?${query.toString()}`);
    if (answer.statusCode !== 200) await this.#lines(answer, () => undefined);
    return answer;
  }

  async #send(method: string, path: string, body: string | Readable = ''): Promise<IncomingMessage> {
    const sent = request({ socketPath: this.#path, method, path, signal: this.#signal });
    const answered = new Promise<IncomingMessage>((resolve, reject) =>
      sent.once('response', resolve).once('error', reject),
    );
    try {
      if (typeof body === 'string') sent.end(body);
      else await Promise.race([pipeline(body, sent), answered]);
      return await answered;
    } catch (cause) {
      this.#signal.throwIfAborted();
      throw runtimeErrors.CONTROL_UNREACHABLE({ path: this.#path }, { cause });
    }
  }

  async #lines(
    answer: IncomingMessage,
    onProgress: (progress: NonNullable<ControlLine['progress']>) => void,
  ): Promise<BroughtImages> {
    for await (const text of createInterface({ input: answer })) {
      const line = parseTrusted<ControlLine>(text);
      if (line.progress !== undefined) onProgress(line.progress);
      if (line.error !== undefined) throw runtimeErrors.CONTROL_FAILED({ reason: line.error });
      if (line.images !== undefined) return line.images;
    }
    throw runtimeErrors.CONTROL_FAILED({ reason: 'the runtime ended in the middle of its answer' });
  }
}

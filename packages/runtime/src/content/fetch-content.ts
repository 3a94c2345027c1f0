import type { Clock } from '@kubewright/core';
import { KubewrightError } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import type { RegistryCredentials } from '../registry/credentials.js';
import type { ImageReference } from '../registry/reference.js';
import type { RegistryClient } from '../registry/registry-client.js';
import type { ContentStore, ContentWriter, Expected } from './content-store.js';

/** Attempts in a row that brought not one byte, after which fetching is given up. */
const mostFailures = 5;
const firstPause = 200;

export interface FetchContentOptions {
  readonly client: RegistryClient;
  readonly store: ContentStore;
  readonly clock: Clock;
  readonly reference: ImageReference;
  readonly credentials: RegistryCredentials;
  readonly signal: AbortSignal;
  /** Told after each chunk how many bytes there are. */
  readonly onProgress: (bytes: number) => void;
}

/**
 * Fetches content into the store. A cut connection is gone on with where it stopped, as long as each attempt brings
 * something; bytes are hashed while they arrive, and refused when they do not have their digest.
 */
export async function fetchContent(expected: Expected, options: FetchContentOptions): Promise<void> {
  const { store, clock, signal } = options;
  if (await store.has(expected.digest)) return options.onProgress(expected.size);
  const writer = await store.writer(expected);
  try {
    for (let failures = 0; writer.size < expected.size || (expected.size === 0 && failures === 0);) {
      const before = writer.size;
      try {
        await attempt(expected, writer, options);
        if (writer.size === before) failures++;
      } catch (error) {
        signal.throwIfAborted();
        failures = writer.size > before ? 0 : failures + 1;
        if (isFinal(error) || failures >= mostFailures) throw error;
        await clock.sleep(firstPause * 2 ** failures, signal);
      }
      if (failures >= mostFailures) break;
    }
    await writer.commit();
  } finally {
    await writer.close();
  }
}

async function attempt(expected: Expected, writer: ContentWriter, options: FetchContentOptions): Promise<void> {
  const { client, reference, credentials, signal, onProgress } = options;
  const range: Record<string, string> = writer.size > 0 ? { range: `bytes=${writer.size}-` } : {};
  const { statusCode, headers, body } = await client.fetch(
    reference,
    `blobs/${expected.digest}`,
    { 'accept-encoding': 'identity', ...range },
    credentials,
    signal,
  );
  try {
    if (statusCode === 416) {
      await writer.restart();
      return;
    }
    const start = statusCode === 206 ? Number(/^bytes (\d+)-/.exec(String(headers['content-range']))?.[1] ?? NaN) : 0;
    // A server that ignores the range begins at the start, and one that gives another range is of no use.
    if (start !== writer.size) await writer.restart();
    if (statusCode === 206 && start !== writer.size) return;
    const chunks: AsyncIterable<Buffer> = body;
    for await (const chunk of chunks) {
      await writer.write(chunk);
      onProgress(writer.size);
    }
  } finally {
    body.on('error', () => undefined).destroy();
  }
}

/** Errors that another attempt cannot mend. */
function isFinal(error: unknown): boolean {
  return KubewrightError.is(error) && !runtimeErrors.REGISTRY_UNAVAILABLE.is(error);
}

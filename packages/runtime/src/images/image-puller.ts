/**
 * Images: which content belongs together, under which names, and who still needs it. Neighbours: `registry` and `content`
 * fetch, `layers` unpacks, `cri` shows them to a kubelet.
 */
import type { Clock } from '@kubewright/core';
import { SingleFlight } from '@kubewright/core/async';
import { digestOf } from '../image-spec/digest.js';
import { runtimeErrors } from '../errors.js';
import type { ContentStore } from '../content/content-store.js';
import { fetchContent } from '../content/fetch-content.js';
import type { Snapshotter } from '../layers/snapshotter.js';
import type { RegistryCredentials } from '../registry/credentials.js';
import { parseReference, referenceText, repositoryName } from '../registry/reference.js';
import type { ImageReference } from '../registry/reference.js';
import type { RegistryClient } from '../registry/registry-client.js';
import type { ImageRecord } from './image-record.js';
import type { ImageStore } from './image-store.js';
import { choosePlatform, hostPlatform, manifestTypes, parseConfig, parseManifest } from '../image-spec/manifest.js';
import type { Descriptor, Manifest, Platform } from '../image-spec/manifest.js';
import { TaskLimit } from '../layers/task-limit.js';

/** Layers of one runtime that are fetched at the same time: registries limit connections, and the first is unpacked meanwhile. */
const parallelFetches = 3;
/** Layers that are unpacked at the same time: it is work for a processor each. */
const parallelUnpacks = 3;

export interface ImagePullerOptions {
  readonly client: RegistryClient;
  readonly content: ContentStore;
  readonly store: ImageStore;
  readonly snapshotter: Snapshotter;
  readonly clock: Clock;
  /** Default: this machine's. */
  readonly platform?: Platform;
}

/** How far a pull is. A layer ends with `unpacked`, `phase` being `fetch` or `unpack` before. */
export interface PullProgress {
  readonly layer: string;
  readonly phase: 'fetch' | 'unpack' | 'unpacked';
  /** Bytes that are there, and how many there will be. */
  readonly bytes: number;
  readonly total: number;
}

/** Names of an image, as `ImageRecord` has them. */
export type ImageNames = Pick<ImageRecord, 'tags' | 'digests'>;

/** Sees to it that content is in the store. */
type Bring = (what: Descriptor) => Promise<void>;

export interface PullOptions {
  readonly credentials?: RegistryCredentials;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
}

/**
 * Brings images from registries: resolves the name, fetches what is missing in parallel, unpacks layers as they arrive, and
 * only then gives the image its name. Content that several pulls need is fetched once.
 */
export class ImagePuller {
  readonly #options: ImagePullerOptions;
  readonly #fetching = new SingleFlight<void>();
  readonly #unpacking = new SingleFlight<void>();
  readonly #fetches = new TaskLimit(parallelFetches);
  readonly #unpacks = new TaskLimit(parallelUnpacks);

  constructor(options: ImagePullerOptions) {
    this.#options = options;
  }

  async pull(name: string, options: PullOptions): Promise<ImageRecord> {
    const reference = parseReference(name);
    const bytes = await this.#resolve(reference, options);
    const repository = repositoryName(reference);
    const names = {
      tags: reference.tag === undefined ? [] : [`${repository}:${reference.tag}`],
      // The name that was asked for counts, also where it is that of an index.
      digests: [
        ...new Set([
          `${repository}@${digestOf(bytes)}`,
          ...(reference.digest ? [`${repository}@${reference.digest}`] : []),
        ]),
      ],
    };
    return this.#complete(bytes, names, options, (what) => this.#fetch(what, reference, options));
  }

  /**
   * Makes an image of content that is in the store, where the caller holds it.
   *
   * @throws MANIFEST_INVALID where some of it is not there
   */
  add(manifest: Buffer, names: ImageNames, signal: AbortSignal): Promise<ImageRecord> {
    const digest = digestOf(manifest);
    return this.#complete(manifest, names, { signal }, async (what) => {
      if (await this.#options.content.has(what.digest)) return;
      throw runtimeErrors.MANIFEST_INVALID({ digest, reason: `its content ${what.digest} is not there` });
    });
  }

  /** The part after the manifest is known: brings its content, unpacks it, and gives the image its names. */
  async #complete(bytes: Buffer, names: ImageNames, options: PullOptions, bring: Bring): Promise<ImageRecord> {
    const { store, content, snapshotter, clock } = this.#options;
    const digest = digestOf(bytes);
    const manifest = parseManifest(bytes, digest);
    if (!('config' in manifest)) throw runtimeErrors.MANIFEST_INVALID({ digest, reason: 'it is an index' });
    const digests = [digest, manifest.config.digest, ...manifest.layers.map((layer) => layer.digest)];
    const release = store.hold({ content: digests });
    try {
      await content.put(bytes);
      await bring(manifest.config);
      const config = parseConfig(await content.read(manifest.config.digest), manifest.config.digest);
      if (config.layers.length !== manifest.layers.length) {
        throw runtimeErrors.MANIFEST_INVALID({ digest, reason: 'its layers are not those of its configuration' });
      }
      const { mostLayers } = snapshotter;
      if (new Set(config.layers).size > mostLayers) {
        const reason = `it has ${config.layers.length} layers, and ${mostLayers} can be mounted: build it with fewer`;
        throw runtimeErrors.MANIFEST_INVALID({ digest, reason });
      }
      const releaseLayers = store.hold({ layers: config.layers });
      try {
        await this.#bringLayers(manifest, config.layers, options, bring);
        return await store.put({
          id: manifest.config.digest,
          manifest: digest,
          content: digests,
          layers: config.layers,
          size: manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size + bytes.length),
          ...names,
          process: config.process,
          labels: config.labels,
          pinned: false,
          pulledAt: clock.now(),
        });
      } finally {
        releaseLayers();
      }
    } finally {
      release();
    }
  }

  async #resolve(reference: ImageReference, options: PullOptions): Promise<Buffer> {
    let target = reference.digest ?? reference.tag ?? 'latest';
    // An index may lead to another one, but not on and on.
    for (let depth = 0; depth < 3; depth++) {
      const { client } = this.#options;
      const { bytes, mediaType } = await client.manifest(
        reference,
        target,
        manifestTypes,
        options.credentials ?? {},
        options.signal,
      );
      const digest = digestOf(bytes);
      if (target.startsWith('sha256:') && target !== digest) {
        throw runtimeErrors.DIGEST_MISMATCH({ expected: target, actual: digest });
      }
      const parsed = parseManifest(bytes, digest, mediaType);
      if ('config' in parsed) return bytes;
      target = choosePlatform(parsed, this.#options.platform ?? hostPlatform(), referenceText(reference)).digest;
    }
    throw runtimeErrors.MANIFEST_INVALID({ digest: target, reason: 'indexes lead to indexes without an end' });
  }

  /** Each layer is unpacked as soon as it is there. The first failure stops the others. */
  async #bringLayers(
    manifest: Manifest,
    diffIds: readonly string[],
    options: PullOptions,
    bring: Bring,
  ): Promise<void> {
    const failed = new AbortController();
    const signal = AbortSignal.any([options.signal, failed.signal]);
    const layers = manifest.layers.map(async (layer, index) => {
      try {
        await this.#bringLayer(layer, diffIds[index] ?? '', { ...options, signal }, bring);
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    });
    const results = await Promise.allSettled(layers);
    if (failed.signal.aborted) throw failed.signal.reason;
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async #bringLayer(layer: Descriptor, diffId: string, options: PullOptions, bring: Bring): Promise<void> {
    const { content, snapshotter } = this.#options;
    const { onProgress, signal } = options;
    const tell = (phase: PullProgress['phase']): void =>
      onProgress?.({ layer: layer.digest, phase, bytes: layer.size, total: layer.size });
    await bring(layer);
    if (!(await snapshotter.has(diffId))) {
      tell('unpack');
      await this.#unpacking.run(
        diffId,
        (shared) => this.#unpacks.run(shared, () => snapshotter.unpack(content.path(layer.digest), diffId, shared)),
        signal,
      );
    }
    tell('unpacked');
  }

  async #fetch(what: Descriptor, reference: ImageReference, options: PullOptions): Promise<void> {
    const { client, content, clock } = this.#options;
    const { credentials = {}, onProgress } = options;
    if (await content.has(what.digest)) return;
    const progress = (bytes: number): void =>
      onProgress?.({ layer: what.digest, phase: 'fetch', bytes, total: what.size });
    await this.#fetching.run(
      what.digest,
      (signal) =>
        this.#fetches.run(signal, () =>
          fetchContent(what, { client, store: content, clock, reference, credentials, signal, onProgress: progress }),
        ),
      options.signal,
    );
  }
}

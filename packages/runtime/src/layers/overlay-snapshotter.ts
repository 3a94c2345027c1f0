import { chown, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneMount, getExtendedAttribute, unmount } from '@kubewright/linux';
import type { Clock, Random } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import type { ProgramRunner } from '../programs/program-runner.js';
import { hexOf } from '../image-spec/digest.js';
import { DeferredRemoval } from '../state/deferred-removal.js';
import { defaultLayerLimits } from './layer-limits.js';
import type { LayerLimits } from './layer-limits.js';
import { mostLowerDirectories, mountOverlay } from './mount-overlay.js';
import type { MappedUsers, RootFilesystem, Snapshotter } from './snapshotter.js';
import { Unpackers } from './unpackers.js';

export interface OverlaySnapshotterOptions {
  /** On a file system that overlayfs takes as its upper one: ext4, xfs with ftype, btrfs. */
  readonly directory: string;
  readonly random: Random;
  readonly clock: Clock;
  readonly programs: ProgramRunner;
  readonly limits?: LayerLimits;
}

/**
 * Layers as directories, stacked by overlayfs. A layer is unpacked by itself, without those below it, so layers of an image
 * are unpacked at the same time and images share them.
 */
export class OverlaySnapshotter implements Snapshotter {
  readonly name = 'overlayfs';
  readonly mostLayers = mostLowerDirectories;
  readonly directory: string;
  readonly #options: OverlaySnapshotterOptions;
  readonly #layers: string;
  readonly #roots: string;
  readonly #removal: DeferredRemoval;
  readonly #unpacking = new Set<string>();
  /** Layers that are on their way out, by path. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #unpackers: Unpackers;
  /** What an earlier process unpacked counts, too. */
  #unsettled = true;
  #settling = Promise.resolve();

  constructor(options: OverlaySnapshotterOptions) {
    this.#options = options;
    this.directory = options.directory;
    this.#unpackers = new Unpackers(options.clock);
    this.#layers = join(options.directory, 'l');
    this.#roots = join(options.directory, 'roots');
    this.#removal = new DeferredRemoval(join(options.directory, 'trash'), options.random);
  }

  async open(): Promise<void> {
    for (const directory of [this.#layers, this.#roots]) await mkdir(directory, { recursive: true, mode: 0o711 });
    await this.#removal.open();
  }

  close(): void {
    this.#unpackers.close();
  }

  async has(diffId: string): Promise<boolean> {
    const path = this.#layer(diffId);
    await this.#leaving.get(path)?.catch(() => undefined);
    return (await stat(path).catch(() => undefined)) !== undefined;
  }

  async unpack(archive: string, diffId: string, signal: AbortSignal): Promise<void> {
    if (await this.has(diffId)) return;
    const unfinished = join(this.#layers, `.${Buffer.from(this.#options.random.bytes(6)).toString('hex')}`);
    this.#unpacking.add(unfinished);
    try {
      await mkdir(unfinished, { mode: 0o755 });
      const { limits = defaultLayerLimits } = this.#options;
      const order = { archive, directory: unfinished, name: diffId, limits };
      const applied = await this.#unpackers.unpack(order, signal);
      if (applied.diffId !== diffId) throw runtimeErrors.DIGEST_MISMATCH({ expected: diffId, actual: applied.diffId });
      this.#unsettled = true;
      await rename(unfinished, this.#layer(diffId));
    } finally {
      await rm(unfinished, { recursive: true, force: true });
      this.#unpacking.delete(unfinished);
    }
  }

  settle(): Promise<void> {
    this.#settling = this.#settling.catch(() => undefined).then(() => this.#sync());
    return this.#settling;
  }

  async mount(id: string, diffIds: readonly string[], users?: MappedUsers): Promise<RootFilesystem> {
    const home = join(this.#roots, id);
    const upper = join(home, 'upper');
    const work = join(home, 'work');
    const merged = join(home, 'merged');
    for (const directory of [upper, work, merged]) await mkdir(directory, { recursive: true, mode: 0o755 });
    const found = { path: merged };
    if ((await stat(merged)).dev !== (await stat(home)).dev) return found;
    const names = stackOf(diffIds.map(layerName), (name) => join(this.#layers, name));
    const mapped = users && (await this.#mapOwners(home, users));
    if (users !== undefined) for (const path of [upper, work]) await chown(path, users.uid, users.gid);
    try {
      const lower = names.map((name) => join(mapped ?? this.#layers, name));
      await mountOverlay({ target: merged, lower, upper, work });
    } finally {
      // What is mounted on it goes on without its name.
      if (mapped !== undefined) await unmount(mapped, { detach: true });
    }
    return found;
  }

  /** Overlayfs cannot map owners itself, but it takes layers that are mounted so. */
  async #mapOwners(home: string, { namespace }: MappedUsers): Promise<string> {
    const target = join(home, 'layers');
    await mkdir(target, { recursive: true, mode: 0o755 });
    await cloneMount({ source: this.#layers, target, userNamespace: namespace });
    return target;
  }

  writable(id: string): string {
    return join(this.#roots, id, 'upper');
  }

  async remove(id: string): Promise<void> {
    const home = join(this.#roots, id);
    const names = await readdir(home).catch(() => []);
    // A crash may have left layers that are mounted for a moment only.
    for (const name of names.filter((one) => one !== 'upper' && one !== 'work'))
      while (await unmount(join(home, name), { detach: true }));
    await this.#removal.put(home);
  }

  mounted(): Promise<readonly string[]> {
    return readdir(this.#roots);
  }

  async keepOnly(needed: () => ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#layers)) {
      const path = join(this.#layers, name);
      // Containers may run on layers of an earlier version, which were called by the beginning of their digest.
      const isNeeded = [...needed()].some((diffId) => layerName(diffId).startsWith(name));
      if (isNeeded || this.#unpacking.has(path)) continue;
      // Whoever asks for it from now on learns that it is gone.
      const leaving = this.#removal.put(path).finally(() => this.#leaving.delete(path));
      this.#leaving.set(path, leaving);
      await leaving;
    }
    await this.#removal.emptied();
  }

  async #sync(): Promise<void> {
    if (!this.#unsettled) return;
    this.#unsettled = false;
    try {
      await this.#options.programs.run('sync', ['-f', this.#layers]);
    } catch (error) {
      this.#unsettled = true;
      throw error;
    }
  }

  #layer(diffId: string): string {
    return join(this.#layers, layerName(diffId));
  }
}

/** The whole digest: an image that could choose a part of it could pass for another's layer. */
function layerName(diffId: string): string {
  return hexOf(diffId);
}

/**
 * The layers that overlayfs gets, the highest first. It takes each once: of one that an image repeats, the highest hides all
 * that the others have and hides all that they hide. And it does not look whether a layer's root is to hide those below.
 */
function stackOf(names: readonly string[], path: (name: string) => string): string[] {
  const stack = [...new Set(names.toReversed())];
  const last = stack.findIndex((name) => getExtendedAttribute(path(name), 'trusted.overlay.opaque') !== undefined);
  return last === -1 ? stack : stack.slice(0, last + 1);
}

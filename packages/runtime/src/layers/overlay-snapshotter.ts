import { chown, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneMount, mount, unmount } from '@kubewright/linux';
import type { Clock, Random } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import type { ProgramRunner } from '../programs/program-runner.js';
import { hexOf } from '../content/digest.js';
import { defaultLayerLimits } from './layer-limits.js';
import type { LayerLimits } from './layer-limits.js';
import type { MappedUsers, RootFilesystem, Snapshotter } from './snapshotter.js';
import { Unpackers } from './unpackers.js';

/** mount(2) takes one page of options. */
const mostOptionBytes = 4095;
/** Enough of a digest to tell the layers of a machine apart, and short: all of a mount's layers share one page. */
const nameLength = 16;

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
  readonly directory: string;
  readonly #options: OverlaySnapshotterOptions;
  readonly #layers: string;
  readonly #roots: string;
  readonly #unpacking = new Set<string>();
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
  }

  async open(): Promise<void> {
    for (const directory of [this.#layers, this.#roots]) await mkdir(directory, { recursive: true, mode: 0o711 });
  }

  close(): void {
    this.#unpackers.close();
  }

  async has(diffId: string): Promise<boolean> {
    return (await stat(this.#layer(diffId)).catch(() => undefined)) !== undefined;
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
    const [upper, work, merged] = ['upper', 'work', 'merged'].map((name) => join(home, name)) as [
      string,
      string,
      string,
    ];
    for (const directory of [upper, work, merged]) await mkdir(directory, { recursive: true, mode: 0o755 });
    const found = { path: merged };
    if ((await stat(merged)).dev !== (await stat(home)).dev) return found;
    const layers = diffIds.map((diffId) => this.#layer(diffId)).reverse();
    const lower = users === undefined ? layers : await this.#mapOwners(home, layers, users);
    if (users !== undefined) for (const path of [upper, work]) await chown(path, users.uid, users.gid);
    try {
      const data = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work}`;
      if (data.length > mostOptionBytes)
        throw runtimeErrors.NOT_SUPPORTED({
          what: `an image of ${lower.length} layers in '${this.directory}'; use a shorter path`,
        });
      await mount({ fileSystem: 'overlay', source: 'overlay', target: merged, data });
    } finally {
      // What is mounted on them goes on without their names.
      if (users !== undefined) for (const path of lower) await unmount(path, { detach: true });
    }
    return found;
  }

  /** Overlayfs cannot map owners itself, but it takes layers that are mounted so. */
  async #mapOwners(home: string, layers: readonly string[], { namespace }: MappedUsers): Promise<string[]> {
    const mapped = layers.map((_layer, index) => join(home, `l${index}`));
    for (const [index, target] of mapped.entries()) {
      await mkdir(target, { recursive: true, mode: 0o755 });
      await cloneMount({ source: layers[index] ?? '', target, userNamespace: namespace });
    }
    return mapped;
  }

  writable(id: string): string {
    return join(this.#roots, id, 'upper');
  }

  async remove(id: string): Promise<void> {
    const home = join(this.#roots, id);
    // A crash may have left layers that are mounted for a moment only.
    for (const name of await readdir(home).catch(() => [])) while (await unmount(join(home, name), { detach: true }));
    await rm(home, { recursive: true, force: true });
  }

  mounted(): Promise<readonly string[]> {
    return readdir(this.#roots);
  }

  async keepOnly(diffIds: ReadonlySet<string>): Promise<void> {
    const kept = new Set([...diffIds].map((diffId) => this.#layer(diffId)));
    for (const name of await readdir(this.#layers)) {
      const path = join(this.#layers, name);
      if (!kept.has(path) && !this.#unpacking.has(path)) await rm(path, { recursive: true, force: true });
    }
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
    return join(this.#layers, hexOf(diffId).slice(0, nameLength));
  }
}

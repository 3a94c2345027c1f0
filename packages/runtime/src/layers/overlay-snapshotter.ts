import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mount, syncDirectory, unmount } from '@kubewright/linux';
import type { Random } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import type { ProgramRunner } from '../programs/program-runner.js';
import { hexOf } from '../content/digest.js';
import { applyLayer } from './apply-layer.js';
import type { LayerLimits } from './layer-limits.js';
import type { RootFilesystem, Snapshotter } from './snapshotter.js';

/** mount(2) takes one page of options. */
const mostOptionBytes = 4095;
/** Enough of a digest to tell the layers of a machine apart, and short: all of a mount's layers share one page. */
const nameLength = 16;

export interface OverlaySnapshotterOptions {
  /** On a file system that overlayfs takes as its upper one: ext4, xfs with ftype, btrfs. */
  readonly directory: string;
  readonly random: Random;
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

  constructor(options: OverlaySnapshotterOptions) {
    this.#options = options;
    this.directory = options.directory;
    this.#layers = join(options.directory, 'l');
    this.#roots = join(options.directory, 'roots');
  }

  async open(): Promise<void> {
    for (const directory of [this.#layers, this.#roots]) await mkdir(directory, { recursive: true, mode: 0o711 });
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
      const { limits } = this.#options;
      const applied = await applyLayer(archive, unfinished, { name: diffId, signal, ...(limits && { limits }) });
      if (applied.diffId !== diffId) throw runtimeErrors.DIGEST_MISMATCH({ expected: diffId, actual: applied.diffId });
      // The name says that the layer is whole, also after a power cut.
      await this.#options.programs.run('sync', ['-f', unfinished], { signal });
      await rename(unfinished, this.#layer(diffId));
      await syncDirectory(this.#layers);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
      this.#unpacking.delete(unfinished);
    }
  }

  async mount(id: string, diffIds: readonly string[]): Promise<RootFilesystem> {
    const home = join(this.#roots, id);
    const [upper, work, merged] = ['upper', 'work', 'merged'].map((name) => join(home, name)) as [
      string,
      string,
      string,
    ];
    for (const directory of [upper, work, merged]) await mkdir(directory, { recursive: true, mode: 0o755 });
    const found = { path: merged, writable: upper };
    if ((await stat(merged)).dev !== (await stat(home)).dev) return found;
    const lower = diffIds.map((diffId) => this.#layer(diffId)).reverse();
    const data = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work}`;
    if (data.length > mostOptionBytes)
      throw runtimeErrors.NOT_SUPPORTED({
        what: `an image of ${lower.length} layers in '${this.directory}'; use a shorter path`,
      });
    await mount({ fileSystem: 'overlay', source: 'overlay', target: merged, data });
    return found;
  }

  async remove(id: string): Promise<void> {
    const home = join(this.#roots, id);
    while (await unmount(join(home, 'merged'), { detach: true }));
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

  #layer(diffId: string): string {
    return join(this.#layers, hexOf(diffId).slice(0, nameLength));
  }
}

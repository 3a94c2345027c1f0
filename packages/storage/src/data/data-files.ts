/**
 * The data of volumes and snapshots: a directory for those with files, a sparse image for raw devices. Each lives in a
 * directory of its own that only root can enter, so what is inside may have any rights. Neighbours: `state` says what
 * should be here.
 */
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '@kubewright/linux';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { csiErrors } from '@kubewright/csi-sdk';
import type { AccessType, Commands } from '@kubewright/csi-sdk';

/** What pods find when nothing else is said; the directory above keeps everybody else out. */
export const defaultDirectoryMode = 0o777;

/**
 * A copy goes on when its caller has given up, and is there when the caller asks again; this ends one that hangs.
 * Milliseconds.
 */
const copyDeadline = 6 * 3_600_000;

/** Where the data of one volume or snapshot is. */
export interface DataPlace {
  readonly id: string;
  readonly access: AccessType;
}

export class DataFiles {
  readonly #directory: string;
  readonly #commands: Commands;

  /** @param directory - for one kind; made by `open`. */
  constructor(directory: string, commands: Commands) {
    this.#directory = directory;
    this.#commands = commands;
  }

  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
  }

  /** The directory with files, or the image. */
  path({ id, access }: DataPlace): string {
    return join(this.#directory, id, access === 'mount' ? 'files' : 'disk.img');
  }

  /** Makes empty data of a size; an image takes no room until it is written. Durable when it resolves. */
  async create(place: DataPlace, bytes: bigint): Promise<void> {
    await this.#begin(place);
    if (place.access === 'mount') {
      await mkdir(this.path(place));
      await chmod(this.path(place), defaultDirectoryMode);
    } else await this.resize(place, bytes);
    await this.#sync(place);
  }

  /**
   * Makes data as a copy. Where the file system can, blocks are shared until one side writes; holes stay holes, and
   * owners, rights, links and extended attributes are kept. Durable when it resolves.
   */
  async copy(source: string, place: DataPlace, bytes: bigint): Promise<void> {
    await this.#begin(place);
    const target = this.path(place);
    try {
      const how = ['--archive', '--reflink=auto', '--sparse=auto', '--no-target-directory'];
      await this.#commands.run('cp', [...how, source, target], { deadline: copyDeadline });
    } catch (error) {
      throw isDiskFull(error)
        ? new GrpcStatusError(Code.RESOURCE_EXHAUSTED, 'the disk is full', { cause: error })
        : error;
    }
    if (place.access === 'block') await this.resize(place, bytes);
    await this.#commands.run('sync', ['--file-system', target], { deadline: copyDeadline });
    await this.#sync(place);
  }

  /** Makes an image as large as this; it never gets smaller. Files in a directory are not limited. */
  async resize(place: DataPlace, bytes: bigint): Promise<void> {
    if (place.access === 'mount') return;
    const image = await open(this.path(place), 'a', 0o600);
    try {
      const { size } = await image.stat({ bigint: true });
      if (size < bytes) await image.truncate(Number(bytes));
      await image.sync();
    } finally {
      await image.close();
    }
  }

  async setMode(place: DataPlace, mode: number): Promise<void> {
    await chmod(this.path(place), mode);
  }

  /** Removes the data; what is gone already is no error. The caller has made sure that it is mounted nowhere. */
  async remove({ id }: DataPlace): Promise<void> {
    await rm(join(this.#directory, id), { recursive: true, force: true });
    await syncDirectory(this.#directory);
  }

  /** An earlier attempt may have left something. */
  async #begin(place: DataPlace): Promise<void> {
    await this.remove(place);
    await mkdir(join(this.#directory, place.id), { mode: 0o700 });
  }

  async #sync({ id }: DataPlace): Promise<void> {
    await syncDirectory(join(this.#directory, id));
    await syncDirectory(this.#directory);
  }
}

function isDiskFull(error: unknown): boolean {
  return csiErrors.COMMAND_FAILED.is(error) && error.details.output.includes('No space left on device');
}

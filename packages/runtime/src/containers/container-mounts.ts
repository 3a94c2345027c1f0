import { create } from '@bufbuild/protobuf';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Code, GrpcStatusError, invalidArgument } from '@kubewright/grpc';
import { ImageSpecSchema, MountPropagation, MountSchema } from '@kubewright/cri-sdk/v1';
import type { ContainerConfig, Mount } from '@kubewright/cri-sdk/v1';
import { cloneMount, pathInside, unmount } from '@kubewright/linux';
import type { ImageRecord } from '../images/image-record.js';
import type { ImageStore } from '../images/image-store.js';
import type { MappedUsers, Snapshotter } from '../layers/snapshotter.js';

export interface ContainerMountsOptions {
  /** Where mounts are prepared, in a directory per container. */
  readonly directory: string;
  readonly images: ImageStore;
  readonly snapshotter: Snapshotter;
  /** Whether every mount is prepared: where OCI runtimes do not see the machine's mounts, but those below `directory`. */
  readonly always: boolean;
}

/**
 * Prepares what a container has mounted of images, or otherwise than it is on the machine: read-only with all below it, or
 * with owners mapped. OCI runtimes of the last years differ in what they can do of that, so they get a mount that is as it
 * should be.
 */
export class ContainerMounts {
  readonly #options: ContainerMountsOptions;

  constructor(options: ContainerMountsOptions) {
    this.#options = options;
  }

  /** The mounts of a container with the images that they show, as its status tells them. @throws INVALID_ARGUMENT, NOT_FOUND */
  resolve({ mounts }: ContainerConfig): { readonly mounts: Mount[]; readonly images: readonly ImageRecord[] } {
    const images: ImageRecord[] = [];
    const resolved = mounts.map((mount, index) => {
      checkMount(mount, `config.mounts[${index}]`);
      if (mount.image === undefined) return mount;
      const image = this.#image(mount.image.image);
      images.push(image);
      return create(MountSchema, { ...mount, image: create(ImageSpecSchema, { ...mount.image, imageRef: image.id }) });
    });
    return { mounts: resolved, images };
  }

  /** Mounts what has to be, and answers the mounts with the paths to take them from. `remove` undoes it, half done too. */
  async prepare(id: string, mounts: readonly Mount[], users?: MappedUsers): Promise<Mount[]> {
    const prepared: Mount[] = [];
    for (const [index, mount] of mounts.entries()) {
      const source = await this.#source(id, index, mount, users);
      const maps = mount.uidMappings.length > 0 && users !== undefined;
      const clones = this.#options.always || mount.recursiveReadOnly || maps;
      const hostPath = clones ? join(this.#home(id), String(index)) : source;
      if (clones) {
        await makeAlike(source, hostPath);
        await cloneMount({
          source,
          target: hostPath,
          recursive: true,
          readOnly: mount.recursiveReadOnly,
          ...(maps && { userNamespace: users.namespace }),
        });
      }
      prepared.push(create(MountSchema, { ...mount, hostPath }));
    }
    return prepared;
  }

  /**
   * Takes prepared mounts away from the machine once the container has its own. A directory below one could not be removed
   * otherwise as long as the container is there.
   */
  async release(id: string): Promise<void> {
    const home = this.#home(id);
    for (const name of await readdir(home).catch(() => [])) while (await unmount(join(home, name), { detach: true }));
    await rm(home, { recursive: true, force: true });
  }

  async remove(id: string): Promise<void> {
    await this.release(id);
    const { snapshotter } = this.#options;
    for (const view of await snapshotter.mounted()) if (view.startsWith(`${id}-`)) await snapshotter.remove(view);
  }

  async #source(id: string, index: number, mount: Mount, users: MappedUsers | undefined): Promise<string> {
    if (mount.image === undefined) {
      // A directory that is missing is made, as pods that share one by its path expect.
      if ((await stat(mount.hostPath).catch(() => undefined)) === undefined)
        await mkdir(mount.hostPath, { recursive: true, mode: 0o755 });
      return mount.hostPath;
    }
    const { layers } = this.#image(mount.image.imageRef);
    const { path } = await this.#options.snapshotter.mount(`${id}-${index}`, layers, users);
    // The path is the pod's, and links in it are the image's.
    const found = pathInside(path, mount.imageSubPath);
    if (found === undefined) {
      const reason = `names nothing in the image: '${mount.imageSubPath}'`;
      throw invalidArgument({ field: `config.mounts[${index}].image_sub_path`, reason });
    }
    return found;
  }

  #image(name: string): ImageRecord {
    const image = this.#options.images.find(name);
    if (image !== undefined) return image;
    throw new GrpcStatusError(Code.NOT_FOUND, `the image '${name}' of a volume is not here: pull it first`);
  }

  #home(id: string): string {
    return join(this.#options.directory, id);
  }
}

function checkMount({ image, readonly, recursiveReadOnly, propagation, imageSubPath }: Mount, field: string): void {
  if (image !== undefined && !readonly)
    throw invalidArgument({ field: `${field}.readonly`, reason: 'must be set, since images cannot be written to' });
  if (image !== undefined && imageSubPath.startsWith('/'))
    throw invalidArgument({ field: `${field}.image_sub_path`, reason: 'must be a path without a slash before it' });
  if (!recursiveReadOnly) return;
  if (!readonly) throw invalidArgument({ field: `${field}.readonly`, reason: 'must be set with recursive_read_only' });
  if (propagation !== MountPropagation.PROPAGATION_PRIVATE)
    throw invalidArgument({ field: `${field}.propagation`, reason: 'must be PRIVATE with recursive_read_only' });
}

/** A place to mount something on has to be a directory or a file as that is. */
async function makeAlike(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  if ((await stat(source)).isDirectory()) await mkdir(target, { recursive: true });
  else await writeFile(target, '', { flag: 'a' });
}

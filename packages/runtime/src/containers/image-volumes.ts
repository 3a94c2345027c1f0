import { posix } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { MountSchema } from '@kubewright/cri-sdk/v1';
import type { Mount } from '@kubewright/cri-sdk/v1';
import { makeDirectoryInside, pathInside } from '@kubewright/linux';
import { runtimeErrors } from '../errors.js';
import type { MappedUsers } from '../layers/snapshotter.js';

/** Where the kernel and the runtime say what is there. */
const reserved = ['/proc', '/sys', '/dev'];

export interface ImageVolumesInput {
  /** Where the container's root file system is mounted; nothing of the container runs yet. */
  readonly rootfs: string;
  /** As the image has them. */
  readonly volumes: readonly string[];
  /** Places that something else is mounted at, which wins. */
  readonly taken: readonly string[];
  /** How the pod's users are mapped, where they are. */
  readonly users?: MappedUsers;
}

/**
 * The volumes of an image as mounts: each shows its directory of the root file system, made where no layer has it, once more.
 * So it holds what the image has there, can be written to where the root cannot, and goes with the container.
 *
 * @throws NOT_SUPPORTED for a place that is not the image's
 */
export function imageVolumes({ rootfs, volumes, taken, users }: ImageVolumesInput): Mount[] {
  const others = new Set(taken.map(placeOf));
  const wanted = new Set(volumes.map(placeOf).filter((place) => !others.has(place)));
  return [...wanted].toSorted().map((place) => {
    if (place === '/' || reserved.some((path) => `${place}/`.startsWith(`${path}/`)))
      throw runtimeErrors.NOT_SUPPORTED({ what: `a volume of an image at '${place}'` });
    const hostPath = pathInside(rootfs, place) ?? makeDirectoryInside(rootfs, place, users && { owner: users });
    return create(MountSchema, { containerPath: place, hostPath });
  });
}

function placeOf(path: string): string {
  const place = posix.normalize(`/${path}`);
  return place.length > 1 ? place.replace(/\/$/, '') : place;
}

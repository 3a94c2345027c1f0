import { posix } from 'node:path';
import type { OciMount } from './spec.js';

/** The mounts of a container, by who asks for them. */
export interface ContainerMountLists {
  /** What every container has. */
  readonly standard: readonly OciMount[];
  /** Files that the runtime makes for the pod, as /etc/hosts. */
  readonly files: readonly OciMount[];
  readonly own: readonly OciMount[];
}

/**
 * The order in which they are mounted: one below another's place comes after it, or it would be hidden (containerd#2596). Of
 * two at the same place the pod's wins, and of two of the pod's the last one. Where the pod mounts something over a standard
 * mount, those below that go with it: a pod that brings its own /dev or /sys has these as they are there.
 */
export function mountOrder({ standard, files, own }: ContainerMountLists): OciMount[] {
  const placed = own.map(normal);
  const taken = new Set(placed.map(({ destination }) => destination));
  const isFree = ({ destination }: OciMount): boolean => !taken.has(destination);
  const kept = standard.filter((mount) => !ancestors(mount.destination).some((place) => taken.has(place)));
  return byDepth([...kept, ...placed, ...files.filter(isFree)]);
}

/** Those of the same depth stay as they are. */
export function byDepth(mounts: readonly OciMount[]): OciMount[] {
  return mounts.toSorted((one, other) => depth(one) - depth(other));
}

/** `/data/`, `//data` and `/data/./` are one place, and it is in the container whatever dots it begins with. */
function normal(mount: OciMount): OciMount {
  return { ...mount, destination: posix.resolve('/', mount.destination) };
}

function depth({ destination }: OciMount): number {
  return destination === '/' ? 0 : destination.split('/').length;
}

/** A place and the directories that it is in, without the root. */
function ancestors(place: string): string[] {
  const names = place.split('/').slice(1);
  return names.map((_name, index) => `/${names.slice(0, index + 1).join('/')}`);
}

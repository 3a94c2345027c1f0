import { extensionPoint } from '@kubewright/core';
import type { ExtensionPoint } from '@kubewright/core';

/** The root file system of one container. */
export interface RootFilesystem {
  /** Where it is mounted. */
  readonly path: string;
  /** What the container writes goes here, for statistics. */
  readonly writable: string;
}

/** Makes root file systems of unpacked layers. */
export interface Snapshotter {
  /** As settings name it. */
  readonly name: string;
  /** Whether a layer is unpacked already. */
  has(diffId: string): Promise<boolean>;
  /** Unpacks a layer; the content has to come to `diffId`. Several calls for one layer do not meet. */
  unpack(archive: string, diffId: string, signal: AbortSignal): Promise<void>;
  /** Mounts layers, the lowest first, under a new writable one. The same id again gives what is there. */
  mount(id: string, diffIds: readonly string[]): Promise<RootFilesystem>;
  /** Unmounts and removes what `mount` made; nothing where there is none. */
  remove(id: string): Promise<void>;
  /** Ids of what `mount` made and nobody removed. */
  mounted(): Promise<readonly string[]>;
  /** Removes layers other than these, and what unfinished work left. */
  keepOnly(diffIds: ReadonlySet<string>): Promise<void>;
  /** Where the layers are, for the usage of the file system. */
  readonly directory: string;
}

export const Snapshotter: ExtensionPoint<Snapshotter> = extensionPoint('@kubewright/runtime/Snapshotter');

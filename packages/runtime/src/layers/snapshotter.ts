import { extensionPoint } from '@kubewright/core';
import type { ExtensionPoint } from '@kubewright/core';

/** The root file system of one container. */
export interface RootFilesystem {
  /** Where it is mounted. */
  readonly path: string;
}

/** The users of a root file system whose owners on disk stand for others. */
export interface MappedUsers {
  /** Where the user namespace is mounted. */
  readonly namespace: string;
  /** Who owns what root writes. */
  readonly uid: number;
  readonly gid: number;
}

/** Makes root file systems of unpacked layers. */
export interface Snapshotter {
  /** As settings name it. */
  readonly name: string;
  /** Layers that one root file system can have. Images with more are refused before their layers are fetched. */
  readonly mostLayers: number;
  /** Called once, before anything else. */
  open(): Promise<void>;
  /** Called once, after everything else. What is mounted stays. */
  close(): void;
  /** Whether a layer is unpacked already. Where it is being removed, that is waited for. */
  has(diffId: string): Promise<boolean>;
  /** Unpacks a layer; the content has to come to `diffId`. Several calls for one layer do not meet. */
  unpack(archive: string, diffId: string, signal: AbortSignal): Promise<void>;
  /**
   * Resolves when what was unpacked survives a power cut. Layers that nobody names by then are removed by `keepOnly` at the
   * next start, so a whole image is made to last at once.
   */
  settle(): Promise<void>;
  /**
   * Mounts layers, the lowest first, under a new writable one. A layer may be there more than once: images repeat some. The
   * same id again gives what is there.
   */
  mount(id: string, diffIds: readonly string[], users?: MappedUsers): Promise<RootFilesystem>;
  /** Where what is written to the root file system of an id goes, for statistics; it may not be there. */
  writable(id: string): string;
  /** Unmounts what `mount` made, and makes its id free; nothing where there is none. What was written may go later. */
  remove(id: string): Promise<void>;
  /** Ids of what `mount` made and nobody removed. */
  mounted(): Promise<readonly string[]>;
  /**
   * Removes layers that nobody needs, and what unfinished work left.
   *
   * @param needed - the layers to keep. It is asked again right before each is removed, since pulls go on meanwhile and may
   * come to need it.
   */
  keepOnly(needed: () => ReadonlySet<string>): Promise<void>;
  /** Where the layers are, for the usage of the file system. */
  readonly directory: string;
}

export const Snapshotter: ExtensionPoint<Snapshotter> = extensionPoint('@kubewright/runtime/Snapshotter');

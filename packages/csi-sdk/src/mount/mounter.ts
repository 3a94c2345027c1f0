import type { MountInfo, MountOption } from '@kubewright/linux';

/** What is at a path. `corrupt`: a mount whose server or device is gone. */
export type PathKind = 'absent' | 'directory' | 'file' | 'device' | 'other' | 'corrupt';

export interface MountRequest {
  readonly source: string;
  readonly target: string;
  readonly options: readonly MountOption[];
}

export interface FileSystemMount extends MountRequest {
  readonly fileSystem: string;
  /** Options of the file system's own, separated by commas. */
  readonly data?: string;
}

/** The mounts and paths of a node. `LinuxMounter` is the real one; tests take `FakeMounter`. */
export interface Mounter {
  /** What is mounted, each later entry above the earlier ones. */
  mounts(): Promise<readonly MountInfo[]>;
  bind(request: MountRequest): Promise<void>;
  mount(request: FileSystemMount): Promise<void>;
  /**
   * Takes the topmost mount off; false where there is none. `detach`: at once, even if it is used or does not answer.
   */
  unmount(target: string, options?: { readonly detach?: boolean }): Promise<boolean>;
  /** What is at a path itself; a symbolic link is `other`. */
  kindOf(path: string): Promise<PathKind>;
  /** The path without symbolic links. `parents`: those of its last part are kept, and need not be there. */
  realPath(path: string, options?: { readonly parents?: boolean }): Promise<string>;
  /** Makes a directory with those above it, or an empty file in one, for mounting over. */
  create(path: string, kind: 'directory' | 'file'): Promise<void>;
  /** Removes an empty directory or file. @throws TARGET_NOT_EMPTY */
  remove(path: string): Promise<void>;
}

/** The parts of an OCI runtime configuration that this runtime writes; the names are the specification's. */
export interface OciSpec {
  readonly ociVersion: string;
  readonly hostname?: string;
  readonly process: OciProcess;
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly mounts: readonly OciMount[];
  readonly annotations: Readonly<Record<string, string>>;
  /** Programs that run at a point of the container's life, by its name. */
  readonly hooks?: Readonly<Record<string, readonly OciHook[]>>;
  readonly linux: OciLinux;
}

export interface OciHook {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** In seconds. */
  readonly timeout?: number;
}

export interface OciProcess {
  readonly terminal: boolean;
  /** What the terminal has when the process starts, in characters. */
  readonly consoleSize?: { readonly width: number; readonly height: number };
  readonly user: OciUser;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities: Readonly<
    Record<'bounding' | 'effective' | 'permitted' | 'inheritable' | 'ambient', readonly string[]>
  >;
  readonly noNewPrivileges: boolean;
  readonly oomScoreAdj?: number;
}

export interface OciUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface OciNamespace {
  readonly type: 'user' | 'pid' | 'network' | 'ipc' | 'uts' | 'mount' | 'cgroup';
  /** An existing one; absent for a new one. */
  readonly path?: string;
}

export interface OciDevice {
  readonly path: string;
  readonly type: 'c' | 'b';
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface OciResources {
  readonly devices: readonly {
    readonly allow: boolean;
    readonly access: string;
    readonly type?: string;
    readonly major?: number;
    readonly minor?: number;
  }[];
  readonly memory?: { readonly limit?: number; readonly swap?: number };
  readonly cpu?: {
    readonly shares?: number;
    readonly quota?: number;
    readonly period?: number;
    readonly cpus?: string;
    readonly mems?: string;
  };
  /** Bytes at most by the size of a page, as `2MB`. */
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  readonly unified?: Readonly<Record<string, string>>;
}

export interface OciSeccomp {
  readonly defaultAction: string;
  readonly architectures?: readonly string[];
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly errnoRet?: number;
    readonly args?: readonly {
      readonly index: number;
      readonly value: number;
      readonly valueTwo?: number;
      readonly op: string;
    }[];
  }[];
}

/** Ids inside a user namespace, and whose they are outside. */
export interface OciIdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface OciLinux {
  readonly namespaces: readonly OciNamespace[];
  readonly uidMappings?: readonly OciIdMapping[];
  readonly gidMappings?: readonly OciIdMapping[];
  readonly resources: OciResources;
  readonly cgroupsPath: string;
  readonly devices: readonly OciDevice[];
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly rootfsPropagation: string;
  readonly seccomp?: OciSeccomp;
  readonly intelRdt?: Readonly<Record<string, unknown>>;
}

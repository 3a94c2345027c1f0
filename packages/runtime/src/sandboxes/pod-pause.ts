import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bindMount } from '@kubewright/linux';
import { NamespaceMode } from '@kubewright/cri-sdk/v1';
import type { PodSandboxConfig } from '@kubewright/cri-sdk/v1';
import { writeBundle } from '../oci/bundle.js';
import { runtimeErrors } from '../errors.js';
import type { Conmon } from '../monitor/conmon.js';
import { cgroupPath } from '../oci/cgroup-path.js';
import { maskedPaths, ociVersion, readonlyPaths } from '../oci/default-spec.js';
import type { OciRuntime } from '../oci/oci-runtime.js';
import { defaultSeccomp } from '../oci/seccomp.js';
import type { OciSpec } from '../oci/spec.js';
import { idMappings } from '../oci/id-mappings.js';
import { pauseProgram } from './pause-program.js';
import type { PodNamespaces } from './pod-namespaces.js';
import { userNamespace } from './pod-namespaces.js';

export interface PodPauseOptions {
  /** Where the bundle of a sandbox is. */
  readonly directory: string;
  readonly namespaces: PodNamespaces;
  readonly monitor: Conmon;
  /** By the handlers that pods name. */
  readonly runtimes: ReadonlyMap<string, OciRuntime>;
}

interface PausedSandbox {
  readonly id: string;
  readonly handler: string;
  readonly config: PodSandboxConfig;
}

/** Whoever runs as nobody has the fewest rights on files. */
const nobody = 65_534;

/** The process that keeps a process namespace alive, of pods whose containers share one. Other pods need none. */
export class PodPause {
  readonly #options: PodPauseOptions;

  constructor(options: PodPauseOptions) {
    this.#options = options;
  }

  async create({ id, handler, config }: PausedSandbox): Promise<void> {
    if (config.linux?.securityContext?.namespaceOptions?.pid !== NamespaceMode.POD) return;
    const { namespaces, monitor } = this.#options;
    const runtime = this.#runtime(handler);
    const bundle = this.#bundle(id);
    const root = join(bundle, 'root');
    await mkdir(root, { recursive: true, mode: 0o755 });
    for (const directory of ['dev', 'proc', 'sys']) await mkdir(join(root, directory), { recursive: true });
    await writeFile(join(root, 'pause'), pauseProgram(), { mode: 0o555 });
    await writeBundle(bundle, this.#spec(id, config, root));
    const pid = await monitor.create(
      { id, bundle, logPath: '', terminal: false, stdin: false, stdinOnce: false },
      runtime,
    );
    const path = namespaces.path(id, 'pid');
    await mkdir(join(path, '..'), { recursive: true, mode: 0o755 });
    await writeFile(path, '', { mode: 0o444 });
    await bindMount({ source: `/proc/${pid}/ns/pid`, target: path });
    await runtime.start(id);
  }

  /** Ends the process, and all others of its namespace with it. One that is not there is no error. */
  async remove({ id, handler }: PausedSandbox): Promise<void> {
    const bundle = this.#bundle(id);
    if ((await stat(bundle).catch(() => undefined)) === undefined) return;
    await this.#runtime(handler).delete(id);
    await this.#options.monitor.forget(id);
    await rm(bundle, { recursive: true, force: true });
  }

  #runtime(handler: string): OciRuntime {
    const runtime = this.#options.runtimes.get(handler);
    if (runtime === undefined) throw runtimeErrors.NOT_SUPPORTED({ what: `the handler '${handler}'` });
    return runtime;
  }

  #bundle(id: string): string {
    return join(this.#options.directory, id);
  }

  #spec(id: string, config: PodSandboxConfig, root: string): OciSpec {
    const { namespaces } = this.#options;
    const mapping = userNamespace(config);
    return {
      ociVersion,
      process: {
        terminal: false,
        user: { uid: nobody, gid: nobody, additionalGids: [] },
        args: ['/pause'],
        env: [],
        cwd: '/',
        capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
        noNewPrivileges: true,
      },
      root: { path: root, readonly: true },
      // What OCI runtimes need for themselves: they make devices, and close what they have open by looking at it.
      mounts: [
        { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
        { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
      ],
      annotations: {},
      linux: {
        namespaces: namespaces.ofContainer(id, config, NamespaceMode.CONTAINER),
        ...(mapping && idMappings(mapping)),
        resources: { devices: [{ allow: false, access: 'rwm' }] },
        cgroupsPath: cgroupPath(config, id),
        devices: [],
        maskedPaths,
        readonlyPaths,
        rootfsPropagation: 'rprivate',
        seccomp: defaultSeccomp([]),
      },
    };
  }
}

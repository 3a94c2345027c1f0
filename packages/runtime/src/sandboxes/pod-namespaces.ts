import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NetworkNamespace, unmount, withNamespace, writeSysctl } from '@kubewright/linux';
import { NamespaceMode } from '@kubewright/cri-sdk/v1';
import type { PodSandboxConfig, UserNamespace } from '@kubewright/cri-sdk/v1';
import { keysOf } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import type { OciNamespace } from '../oci/spec.js';
import type { ProgramRunner } from '../programs/program-runner.js';
import { holdNamespaces } from './hold-namespaces.js';
import type { OwnedKind } from './hold-namespaces.js';
import { podHostname } from './pod-hostname.js';

/** The kinds as /proc names them, and as the OCI does. That of processes is there only where a pod shares it. */
const types = { user: 'user', net: 'network', ipc: 'ipc', uts: 'uts', pid: 'pid' } as const;
type Kind = keyof typeof types;
const kinds = keysOf(types);

/** Namespaces of pods that no process has to keep alive: each is mounted on a file. */
export class PodNamespaces {
  readonly #directory: string;
  readonly #programs: ProgramRunner;

  constructor(directory: string, programs: ProgramRunner) {
    this.#directory = directory;
    this.#programs = programs;
  }

  /** Makes what a pod has of its own. What is there from an earlier attempt is removed first. */
  async create(id: string, config: PodSandboxConfig): Promise<void> {
    await this.remove(id);
    const own = ownKinds(config);
    if (own.length === 0) return;
    await mkdir(join(this.#directory, id), { recursive: true, mode: 0o755 });
    for (const kind of own) await writeFile(this.path(id, kind), '', { mode: 0o444 });
    const setName = own.includes('uts') ? ['hostname', podHostname(config)] : ['true'];
    const user = userNamespace(config);
    if (user === undefined) {
      const files = own.map((kind) => `--${kind}=${this.path(id, kind)}`);
      await this.#programs.run('unshare', [...files, '--', ...setName]);
    } else {
      await holdNamespaces(own, user, (kind) => this.path(id, kind));
      await this.#programs.run('nsenter', [`--uts=${this.path(id, 'uts')}`, '--', ...setName]);
    }
    await this.#setSysctls(id, config, own);
  }

  path(id: string, kind: Kind): string {
    return join(this.#directory, id, kind);
  }

  /** Whether the pod's own network namespace is still there. */
  async hasNetwork(id: string): Promise<boolean> {
    try {
      NetworkNamespace.open(this.path(id, 'net')).close();
      return true;
    } catch {
      return false;
    }
  }

  /**
   * The namespaces for a container of the pod.
   *
   * @param target - a path to the processes' namespace of the container that another one looks at.
   */
  ofContainer(id: string, config: PodSandboxConfig, pid: NamespaceMode, target?: string): OciNamespace[] {
    const shared = ownKinds(config).map((kind) => ({ type: types[kind], path: this.path(id, kind) }));
    const processes: OciNamespace = { type: 'pid' };
    const paths: Partial<Record<NamespaceMode, string | undefined>> = {
      [NamespaceMode.POD]: this.path(id, 'pid'),
      [NamespaceMode.TARGET]: target,
    };
    const path = paths[pid];
    const own = pid === NamespaceMode.NODE ? [] : [path === undefined ? processes : { ...processes, path }];
    return [...shared, { type: 'mount' }, ...own];
  }

  async remove(id: string): Promise<void> {
    for (const kind of kinds) while (await unmount(this.path(id, kind), { detach: true }));
    await rm(join(this.#directory, id), { recursive: true, force: true });
  }

  async #setSysctls(id: string, { linux }: PodSandboxConfig, own: readonly Kind[]): Promise<void> {
    for (const [name, value] of Object.entries(linux?.sysctls ?? {})) {
      const kind: Kind = name.startsWith('net.') || name.startsWith('net/') ? 'net' : 'ipc';
      if (!own.includes(kind) || !isNamespaced(name)) {
        throw runtimeErrors.NOT_SUPPORTED({
          what: `the sysctl '${name}' in this pod, since it would change the machine's`,
        });
      }
      if (kind === 'net') {
        await withNamespace(this.path(id, 'net'), (namespace) => writeSysctl({ [name]: value }, { namespace }));
      } else {
        const file = `/proc/sys/${name.replaceAll('.', '/')}`;
        if ((await stat(file).catch(() => undefined)) === undefined)
          throw runtimeErrors.NOT_SUPPORTED({ what: `the sysctl '${name}'` });
        await this.#programs.run('nsenter', [`--ipc=${this.path(id, 'ipc')}`, '--', 'tee', file], {
          input: `${value}\n`,
        });
      }
    }
  }
}

/** The kernel parameters that belong to a namespace of networks or of System V and POSIX objects. */
function isNamespaced(name: string): boolean {
  const dotted = name.replaceAll('/', '.');
  return /^(?:net\.|kernel\.(?:shm(?:max|all|mni|_rmid_forced)|msg(?:max|mnb|mni)|sem)$|fs\.mqueue\.)/.test(dotted);
}

/** How a pod's users are mapped to those of the machine; undefined where they are the same. */
export function userNamespace({ linux }: PodSandboxConfig): UserNamespace | undefined {
  const options = linux?.securityContext?.namespaceOptions?.usernsOptions;
  // The mode of a message that is there but empty is that of a pod; without a mapping it asks for nothing.
  return options?.mode === NamespaceMode.POD && options.uids.length > 0 ? options : undefined;
}

function ownKinds(config: PodSandboxConfig): readonly OwnedKind[] {
  const { network, ipc } = config.linux?.securityContext?.namespaceOptions ?? {};
  const own: OwnedKind[] = [];
  if (userNamespace(config) !== undefined) own.push('user');
  if (network !== NamespaceMode.NODE) own.push('net');
  if (ipc !== NamespaceMode.NODE) own.push('ipc');
  // A pod in the host's network has the host's name too.
  if (network !== NamespaceMode.NODE) own.push('uts');
  return own;
}

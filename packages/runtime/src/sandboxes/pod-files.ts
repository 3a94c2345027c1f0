import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { mount, readMounts, unmount } from '@kubewright/linux';
import { NamespaceMode } from '@kubewright/cri-sdk/v1';
import type { PodSandboxConfig } from '@kubewright/cri-sdk/v1';
import type { OciMount } from '../oci/spec.js';

/** Files that every container of a pod sees: names, resolver, and shared memory. */
export class PodFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes the files of a pod; doing it again changes nothing. */
  async create(id: string, config: PodSandboxConfig): Promise<void> {
    const home = this.#home(id);
    await mkdir(join(home, 'shm'), { recursive: true, mode: 0o755 });
    const hostNetwork = usesHostNetwork(config);
    const name = hostNetwork ? hostname() : config.hostname;
    await writeFile(join(home, 'hostname'), `${name}\n`, { mode: 0o644 });
    await writeFile(join(home, 'hosts'), await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1 localhost\n'));
    await writeFile(join(home, 'resolv.conf'), await resolverText(config));
    if (config.linux?.securityContext?.namespaceOptions?.ipc === NamespaceMode.NODE) return;
    const shm = join(home, 'shm');
    if ((await readMounts()).some(({ mountPoint }) => mountPoint === shm)) return;
    await mount({
      fileSystem: 'tmpfs',
      source: 'shm',
      target: shm,
      options: ['noExec', 'noSuid', 'noDev'],
      data: 'mode=1777,size=64m',
    });
  }

  mounts(id: string, config: PodSandboxConfig): OciMount[] {
    const home = this.#home(id);
    const hostIpc = config.linux?.securityContext?.namespaceOptions?.ipc === NamespaceMode.NODE;
    const bind = (source: string, destination: string): OciMount => ({
      source,
      destination,
      type: 'bind',
      options: ['rbind', 'rprivate', 'rw'],
    });
    return [
      bind(join(home, 'hosts'), '/etc/hosts'),
      bind(join(home, 'hostname'), '/etc/hostname'),
      bind(join(home, 'resolv.conf'), '/etc/resolv.conf'),
      bind(hostIpc ? '/dev/shm' : join(home, 'shm'), '/dev/shm'),
    ];
  }

  async remove(id: string): Promise<void> {
    while (await unmount(join(this.#home(id), 'shm'), { detach: true }));
    await rm(this.#home(id), { recursive: true, force: true });
  }

  #home(id: string): string {
    return join(this.#directory, id);
  }
}

export function usesHostNetwork({ linux }: PodSandboxConfig): boolean {
  return linux?.securityContext?.namespaceOptions?.network === NamespaceMode.NODE;
}

async function resolverText({ dnsConfig }: PodSandboxConfig): Promise<string> {
  if (dnsConfig === undefined) return readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  const { servers, searches, options } = dnsConfig;
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

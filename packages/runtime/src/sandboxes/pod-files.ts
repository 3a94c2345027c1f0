import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mount, readMounts, unmount } from '@kubewright/linux';
import { NamespaceMode } from '@kubewright/cri-sdk/v1';
import type { PodSandboxConfig } from '@kubewright/cri-sdk/v1';
import type { OciMount } from '../oci/spec.js';
import { podHostname } from './pod-hostname.js';
import { userNamespace } from './pod-namespaces.js';

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
    await writeFile(join(home, 'hostname'), `${podHostname(config)}\n`, { mode: 0o644 });
    await writeFile(join(home, 'hosts'), await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1 localhost\n'));
    await writeFile(join(home, 'resolv.conf'), await resolverText(config));
    // They are the pod's own root's, whoever that is on the machine.
    const users = userNamespace(config);
    for (const name of ['hostname', 'hosts', 'resolv.conf'])
      await chown(join(home, name), users?.uids[0]?.hostId ?? 0, users?.gids[0]?.hostId ?? 0);
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

  /** @param readOnly - whether the container may write nothing to its root file system, which these files are a part of. */
  mounts(id: string, config: PodSandboxConfig, readOnly: boolean): OciMount[] {
    const home = this.#home(id);
    const hostIpc = config.linux?.securityContext?.namespaceOptions?.ipc === NamespaceMode.NODE;
    const bind = (source: string, destination: string, access: string): OciMount => ({
      source,
      destination,
      type: 'bind',
      options: ['rbind', 'rprivate', access],
    });
    const file = (name: string): OciMount => bind(join(home, name), `/etc/${name}`, readOnly ? 'ro' : 'rw');
    return [
      file('hosts'),
      file('hostname'),
      file('resolv.conf'),
      bind(hostIpc ? '/dev/shm' : join(home, 'shm'), '/dev/shm', 'rw'),
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

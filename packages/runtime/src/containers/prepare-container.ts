import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { invalidArgument } from '@kubewright/grpc';
import { makeDirectoryInside, pathInside } from '@kubewright/linux';
import { NamespaceMode } from '@kubewright/cri-sdk/v1';
import type { NamespaceOption } from '@kubewright/cri-sdk/v1';
import type { ImageRecord } from '../images/image-record.js';
import type { MappedUsers } from '../layers/snapshotter.js';
import { applyEdits } from '../cdi/apply-edits.js';
import type { CdiDevices } from '../cdi/cdi-devices.js';
import { buildSpec } from '../oci/build-spec.js';
import { cgroupPath } from '../oci/cgroup-path.js';
import { containerUser } from '../oci/container-user.js';
import { allHostDevices, hostDevices } from '../oci/host-devices.js';
import type { PodFiles } from '../sandboxes/pod-files.js';
import { podHostname } from '../sandboxes/pod-hostname.js';
import { userNamespace } from '../sandboxes/pod-namespaces.js';
import type { PodNamespaces } from '../sandboxes/pod-namespaces.js';
import type { Sandbox } from '../sandboxes/sandbox-record.js';
import { localSeccomp, writeBundle } from '../oci/bundle.js';
import type { OwnLimits } from '../oci/bundle.js';
import type { ContainerMounts } from './container-mounts.js';
import type { Container } from './container-record.js';
import { imageVolumes } from './image-volumes.js';

export interface ContainerPreparerOptions {
  /** Where bundles are, in a directory per container. */
  readonly bundles: string;
  readonly mounts: ContainerMounts;
  readonly namespaces: PodNamespaces;
  readonly files: PodFiles;
  readonly cdi: CdiDevices;
  readonly limits: OwnLimits;
  /** The path to the processes' namespace of a running container of a sandbox. @throws where there is none such */
  readonly processes: (id: string, sandboxId: string) => string;
}

/** Makes bundles: all that the OCI runtime has to know of a container. */
export class ContainerPreparer {
  readonly #options: ContainerPreparerOptions;

  constructor(options: ContainerPreparerOptions) {
    this.#options = options;
  }

  /** How the users of a sandbox are mapped; undefined where they are not. */
  users({ id, config }: Sandbox): MappedUsers | undefined {
    const mapping = userNamespace(config);
    if (mapping === undefined) return undefined;
    const [uid = 0, gid = 0] = [mapping.uids[0]?.hostId, mapping.gids[0]?.hostId];
    return { namespace: this.#options.namespaces.path(id, 'user'), uid, gid };
  }

  /** Writes the bundle of a container whose root file system is mounted. @returns the container with its user. */
  async prepare(container: Container, sandbox: Sandbox, image: ImageRecord, rootfs: string): Promise<Container> {
    const { bundles, mounts, namespaces, files, cdi, limits } = this.#options;
    const { config, id } = container;
    const security = config.linux?.securityContext;
    if (security?.runAsGroup !== undefined && security.runAsUser === undefined && security.runAsUsername === '') {
      const field = 'config.linux.security_context.run_as_group';
      throw invalidArgument({ field, reason: 'needs run_as_user or run_as_username beside it' });
    }
    const podMounts = files.mounts(sandbox.id, sandbox.config, security?.readonlyRootfs ?? false);
    const users = this.users(sandbox);
    const volumes = imageVolumes({
      rootfs,
      volumes: image.process.volumes,
      taken: [...config.mounts.map(({ containerPath }) => containerPath), ...podMounts.map((one) => one.destination)],
      ...(users && { users }),
    });
    const user = await containerUser(rootfs, image.process.user, security);
    const seccomp = await localSeccomp(config);
    const mapping = userNamespace(sandbox.config);
    const { mode, target } = this.#processes(security?.namespaceOptions, sandbox);
    const spec = buildSpec({
      config,
      image: image.process,
      rootfs,
      user,
      hostname: podHostname(sandbox.config),
      namespaces: namespaces.ofContainer(sandbox.id, sandbox.config, mode, target),
      ...(mapping && { users: mapping }),
      cgroupsPath: cgroupPath(sandbox.config, id),
      mounts: [...volumes, ...(await mounts.prepare(id, config.mounts, users))],
      podMounts,
      devices: await hostDevices(config.devices),
      ...(security?.privileged === true && mapping === undefined && { allDevices: await allHostDevices() }),
      ownedCapabilities: limits.capabilities,
      lowestOomScore: limits.lowestOomScore,
      hugePages: limits.hugePages,
      selinux: limits.selinux,
      ...(seccomp && { localSeccomp: seccomp }),
    });
    // OCI runtimes differ in how they make it where links of the image lead to it.
    const { cwd } = spec.process;
    if (pathInside(rootfs, cwd) === undefined) makeDirectoryInside(rootfs, cwd, users && { owner: users });
    const edits = await cdi.edits(config.CDIDevices.map(({ name }) => name));
    await writeBundle(join(bundles, id), await applyEdits(spec, edits));
    if (container.logPath !== '') await mkdir(dirname(container.logPath), { recursive: true, mode: 0o755 });
    return { ...container, user };
  }

  /** A container shares the processes of its pod only where the pod has any to share. */
  #processes(
    wanted: NamespaceOption | undefined,
    { id, config: { linux } }: Sandbox,
  ): { readonly mode: NamespaceMode; readonly target?: string } {
    const ofPod = linux?.securityContext?.namespaceOptions?.pid ?? NamespaceMode.CONTAINER;
    const mode = wanted?.pid ?? ofPod;
    if (mode === NamespaceMode.TARGET) return { mode, target: this.#options.processes(wanted?.targetId ?? '', id) };
    return { mode: mode === NamespaceMode.POD && ofPod !== NamespaceMode.POD ? NamespaceMode.CONTAINER : mode };
  }
}

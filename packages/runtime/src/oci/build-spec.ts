/**
 * The OCI runtime: what it is told (its configuration file) and how it is called. Neighbours: `monitor` starts containers
 * through it, `containers` decides what they may do.
 */
import { isUtf8 } from 'node:buffer';
import { MountPropagation, NamespaceMode, SecurityProfile_ProfileType as ProfileType } from '@kubewright/cri-sdk/v1';
import type { ContainerConfig, Mount, UserNamespace } from '@kubewright/cri-sdk/v1';
import { invalidArgument } from '@kubewright/grpc';
import type { ImageProcess } from '../image-spec/manifest.js';
import { runtimeErrors } from '../errors.js';
import { capabilitySets } from './capabilities.js';
import {
  defaultDeviceRules,
  defaultMounts,
  defaultPath,
  deviceRule,
  maskedPaths,
  ociVersion,
  readonlyPaths,
} from './default-spec.js';
import type { AllowedDevice } from './host-devices.js';
import { idMappings } from './id-mappings.js';
import { checkResources, ociResources, oomScoreOf } from './linux-resources.js';
import { mountOrder } from './mount-order.js';
import { defaultSeccomp } from './seccomp.js';
import { refuseOtherProfiles, seccompProfile } from './security-profiles.js';
import type { OciDevice, OciMount, OciNamespace, OciSeccomp, OciSpec, OciUser } from './spec.js';

/** What a specification is made of. Everything that needs a look at the machine was looked up before. */
export interface SpecInput {
  readonly config: ContainerConfig;
  readonly image: ImageProcess;
  readonly rootfs: string;
  readonly user: OciUser;
  readonly hostname: string;
  readonly namespaces: readonly OciNamespace[];
  /** How the pod's users are mapped, where they are. */
  readonly users?: UserNamespace;
  readonly cgroupsPath: string;
  /** The pod's mounts, from where they were prepared. */
  readonly mounts: readonly Mount[];
  /** Files that the runtime makes for the pod, as /etc/hosts; a mount of the pod at the same place wins. */
  readonly podMounts: readonly OciMount[];
  readonly devices: readonly AllowedDevice[];
  /** Those of the machine, for a container that may do everything. */
  readonly allDevices?: readonly OciDevice[];
  /** The capabilities that this runtime has itself. */
  readonly ownedCapabilities: ReadonlySet<string>;
  /** The lowest oom_score_adj that this runtime may set. */
  readonly lowestOomScore: number;
  /** Whether huge pages can be limited on this machine. */
  readonly hugePages: boolean;
  /** Whether the kernel has SELinux. */
  readonly selinux: boolean;
  /** The content of a profile on this machine, where the pod names one. */
  readonly localSeccomp?: OciSeccomp;
}

/** The OCI configuration of a container. Pure. @throws NOT_SUPPORTED, and INVALID_ARGUMENT of a call */
export function buildSpec(input: SpecInput): OciSpec {
  const { config, image, user, rootfs, hostname, namespaces, cgroupsPath } = input;
  const security = config.linux?.securityContext;
  refuseOtherProfiles(security, input);
  const privileged = security?.privileged ?? false;
  const resources = config.linux?.resources;
  if (resources !== undefined) checkResources(resources, 'config.linux.resources');
  const capabilities = capabilitySets(security?.capabilities, { privileged, owned: input.ownedCapabilities });
  const seccomp = seccompOf(input, privileged, capabilities.bounding);
  const args = commandOf(config, image);
  if (args.length === 0)
    throw runtimeErrors.NOT_SUPPORTED({ what: 'a container without a command: neither pod nor image has one' });
  const hostNetwork = security?.namespaceOptions?.network === NamespaceMode.NODE;
  const mounts = mountOrder({
    standard: defaultMounts({ privileged, hostNetwork }),
    files: input.podMounts,
    own: input.mounts.map(toMount),
  });
  return {
    ociVersion,
    // The machine's own name is not a container's to set.
    ...(namespaces.some(({ type }) => type === 'uts') && { hostname }),
    process: {
      terminal: config.tty,
      user,
      args,
      env: environmentOf(config, image, hostname),
      cwd: config.workingDir || image.workingDirectory || '/',
      capabilities,
      noNewPrivileges: security?.noNewPrivs ?? false,
      oomScoreAdj: oomScoreOf(resources, input.lowestOomScore),
    },
    root: { path: rootfs, readonly: security?.readonlyRootfs ?? false },
    mounts,
    annotations: config.annotations,
    linux: {
      namespaces,
      ...(input.users && idMappings(input.users)),
      cgroupsPath,
      resources: {
        ...ociResources(resources, input),
        devices: privileged
          ? [{ allow: true, access: 'rwm' }]
          : [...defaultDeviceRules, ...input.devices.map(({ device, access }) => deviceRule(device, access))],
      },
      devices: devicesOf(input, mounts),
      ...hiddenPaths(input, privileged),
      rootfsPropagation: rootPropagation(config.mounts),
      ...(seccomp && { seccomp }),
    },
  };
}

/** What OCI runtimes make in every container is not theirs to be told of. */
const madeAnyway = ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx'].map((name) => `/dev/${name}`);

function devicesOf({ devices, allDevices = [] }: SpecInput, mounts: readonly OciMount[]): readonly OciDevice[] {
  const asked = devices.map(({ device }) => device);
  // A pod that brings its own /dev has there what it wants to have.
  if (mounts.some(({ destination, type }) => destination === '/dev' && type === 'bind')) return asked;
  const known = new Set([...madeAnyway, ...asked.map(({ path }) => path)]);
  return [...allDevices.filter(({ path }) => !known.has(path)), ...asked];
}

/** As Kubernetes has it: a command replaces the image's entry point and its arguments, arguments only the latter. */
function commandOf({ command, args }: ContainerConfig, image: ImageProcess): readonly string[] {
  if (command.length > 0) return [...command, ...args];
  return [...image.entrypoint, ...(args.length > 0 ? args : image.command)];
}

function environmentOf({ envs, tty }: ContainerConfig, image: ImageProcess, hostname: string): string[] {
  const merged = new Map<string, string>();
  const terminal = tty ? ['TERM=xterm'] : [];
  for (const entry of [defaultPath, `HOSTNAME=${hostname}`, ...terminal, ...image.environment]) {
    const cut = entry.indexOf('=');
    if (cut > 0) merged.set(entry.slice(0, cut), entry.slice(cut + 1));
  }
  for (const [index, { key, value }] of envs.entries()) {
    // The configuration is text, which would change other bytes, and a string of the kernel ends with 0.
    if (!isUtf8(value) || value.includes(0))
      throw invalidArgument({ field: `config.envs[${index}].value`, reason: `is no text: the value of '${key}'` });
    merged.set(key, Buffer.from(value).toString());
  }
  return [...merged].map(([key, value]) => `${key}=${value}`);
}

const propagations: Readonly<Record<MountPropagation, string>> = {
  [MountPropagation.PROPAGATION_PRIVATE]: 'rprivate',
  [MountPropagation.PROPAGATION_HOST_TO_CONTAINER]: 'rslave',
  [MountPropagation.PROPAGATION_BIDIRECTIONAL]: 'rshared',
};

/** Images, mapped owners, and what is read-only with all below it are as they should be where they are taken from. */
function toMount({ containerPath, hostPath, readonly, propagation, mountOptions }: Mount): OciMount {
  return {
    destination: containerPath,
    type: 'bind',
    source: hostPath,
    options: ['rbind', propagations[propagation], readonly ? 'ro' : 'rw', ...mountOptions],
  };
}

/** The root has to pass on what a mount below it is to pass on. */
function rootPropagation(mounts: readonly Mount[]): string {
  const wanted = new Set(mounts.map(({ propagation }) => propagation));
  if (wanted.has(MountPropagation.PROPAGATION_BIDIRECTIONAL)) return 'rshared';
  return wanted.has(MountPropagation.PROPAGATION_HOST_TO_CONTAINER) ? 'rslave' : 'rprivate';
}

function seccompOf(
  { config, localSeccomp }: SpecInput,
  privileged: boolean,
  capabilities: readonly string[],
): OciSeccomp | undefined {
  const profile = seccompProfile(config.linux?.securityContext);
  if (privileged || profile === undefined || profile.profileType === ProfileType.Unconfined) return undefined;
  return profile.profileType === ProfileType.Localhost ? localSeccomp : defaultSeccomp(capabilities);
}

/**
 * Which paths are hidden and which cannot be written. A kubelet says `procMount: Unmasked` by naming none of either, which
 * others do who do not think of it; Kubernetes allows it to pods with users of their own alone, and so does this.
 */
function hiddenPaths(
  { config, users }: SpecInput,
  privileged: boolean,
): Pick<OciSpec['linux'], 'maskedPaths' | 'readonlyPaths'> {
  const security = config.linux?.securityContext;
  const [masked, readonly] = [security?.maskedPaths ?? [], security?.readonlyPaths ?? []];
  const namesNone = masked.length === 0 && readonly.length === 0;
  if (privileged || (users !== undefined && security !== undefined && namesNone))
    return { maskedPaths: [], readonlyPaths: [] };
  return {
    maskedPaths: masked.length > 0 ? masked : maskedPaths,
    readonlyPaths: readonly.length > 0 ? readonly : readonlyPaths,
  };
}

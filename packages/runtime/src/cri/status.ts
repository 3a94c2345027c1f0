/** The runtime's objects in the words of CRI. */
import { ContainerState, PodSandboxState } from '@kubewright/cri-sdk/v1';
import type * as cri from '@kubewright/cri-sdk/v1';
import type { Answer } from '@kubewright/cri-sdk';
import type { Container } from '../containers/container-record.js';
import { signalNumber } from '../containers/stop-signal.js';
import type { ImageRecord } from '../images/image-record.js';
import { isId, userNumber } from '../oci/user-number.js';
import type { Sandbox } from '../sandboxes/sandbox-record.js';

/** Nanoseconds of a time in milliseconds; 0 stays 0. */
export function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds)) * 1_000_000n;
}

function sandboxFields({ id, config, handler, phase, createdAt }: Sandbox) {
  const { metadata, labels, annotations } = config;
  const state = phase === 'ready' ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
  return {
    id,
    state,
    createdAt: nanoseconds(createdAt),
    labels,
    annotations,
    runtimeHandler: handler,
    ...(metadata && { metadata }),
  };
}

export function sandboxEntry(sandbox: Sandbox): Answer<typeof cri.PodSandboxSchema> {
  return sandboxFields(sandbox);
}

export function sandboxStatus(sandbox: Sandbox): Answer<typeof cri.PodSandboxStatusSchema> {
  const options = sandbox.config.linux?.securityContext?.namespaceOptions;
  const [ip = '', ...others] = sandbox.addresses;
  return {
    ...sandboxFields(sandbox),
    network: { ip, additionalIps: others.map((address) => ({ ip: address })) },
    linux: { namespaces: options === undefined ? {} : { options } },
  };
}

const states: Readonly<Record<Container['phase'], ContainerState>> = {
  creating: ContainerState.CONTAINER_CREATED,
  created: ContainerState.CONTAINER_CREATED,
  starting: ContainerState.CONTAINER_CREATED,
  running: ContainerState.CONTAINER_RUNNING,
  exited: ContainerState.CONTAINER_EXITED,
};

function containerFields({ id, config, imageId, imageName, phase, createdAt }: Container) {
  const { metadata, labels, annotations } = config;
  const image = { image: imageName, userSpecifiedImage: config.image?.userSpecifiedImage ?? '' };
  return {
    id,
    imageId,
    imageRef: imageId,
    state: states[phase],
    createdAt: nanoseconds(createdAt),
    labels,
    annotations,
    image,
    ...(metadata && { metadata }),
  };
}

export function containerEntry(container: Container): Answer<typeof cri.ContainerSchema> {
  return { ...containerFields(container), podSandboxId: container.sandboxId };
}

export function containerStatus(container: Container): Answer<typeof cri.ContainerStatusSchema> {
  const { config, user, startedAt, finishedAt, exitCode, reason, message, logPath, stopSignal } = container;
  const resources = config.linux?.resources;
  return {
    ...containerFields(container),
    startedAt: nanoseconds(startedAt),
    finishedAt: nanoseconds(finishedAt),
    exitCode,
    reason,
    message,
    logPath,
    mounts: config.mounts,
    stopSignal: signalNumber(stopSignal),
    ...(resources && { resources: { linux: resources } }),
    ...(user && {
      user: {
        linux: { uid: BigInt(user.uid), gid: BigInt(user.gid), supplementalGroups: user.additionalGids.map(BigInt) },
      },
    }),
  };
}

export function imageEntry({
  id,
  tags,
  digests,
  size,
  process,
  pinned,
  manifest,
}: ImageRecord): Answer<typeof cri.ImageSchema> {
  const [user = ''] = process.user.split(':');
  // A kubelet decides by it whether the image runs as root, so it is what the container would run as.
  const number = userNumber(user);
  return {
    id,
    repoTags: [...tags],
    repoDigests: [...digests],
    size: BigInt(size),
    pinned,
    spec: { image: tags[0] ?? digests[0] ?? id, annotations: { manifest } },
    ...(isId(number) ? { uid: { value: number } } : { username: user }),
  };
}

/** Whether an object has every label of a selector. */
export function hasLabels(
  labels: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, string>> = {},
): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}

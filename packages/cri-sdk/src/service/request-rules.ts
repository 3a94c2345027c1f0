import type { FieldViolation, RequestLimits, RequestValidator } from '@kubewright/grpc';
import type {
  CreateContainerRequest,
  ExecSyncRequest,
  ImageSpec,
  PodSandboxConfig,
  PortForwardRequest,
  PullImageRequest,
  RunPodSandboxRequest,
  StopContainerRequest,
} from '../generated/runtime/v1/cri_pb.js';

/**
 * Enums are open in proto3, so a newer client may send a number that this version has no name for. What it means is
 * unknown, and a guess could weaken isolation.
 */
export const requestLimits: RequestLimits = { knownEnums: true };

const sandboxId = { rules: { required: ['podSandboxId'] } } as const;
const containerId = { rules: { required: ['containerId'] } } as const;
const command = { rules: { required: ['containerId', 'cmd'] } } as const;

/** Fields that must be set, by method. */
export const runtimeRules = {
  runPodSandbox: { rules: { required: ['config'] } },
  stopPodSandbox: sandboxId,
  removePodSandbox: sandboxId,
  podSandboxStatus: sandboxId,
  createContainer: { rules: { required: ['podSandboxId', 'config'] } },
  startContainer: containerId,
  stopContainer: containerId,
  removeContainer: containerId,
  containerStatus: containerId,
  updateContainerResources: containerId,
  updatePodSandboxResources: sandboxId,
  reopenContainerLog: containerId,
  execSync: command,
  exec: command,
  attach: containerId,
  portForward: sandboxId,
  containerStats: containerId,
  podSandboxStats: sandboxId,
  checkpointContainer: { rules: { required: ['containerId', 'location'] } },
  checkpointPod: { rules: { required: ['podSandboxId', 'outputPath'] } },
  restorePod: { rules: { required: ['checkpointPath'] } },
} as const;

export const imageRules = {
  imageStatus: { rules: { required: ['image'] } },
  pullImage: { rules: { required: ['image'] } },
  removeImage: { rules: { required: ['image'] } },
} as const;

type Validators = Readonly<Record<string, RequestValidator<never>>>;

/** What the shape of one field cannot say, by method. */
export const runtimeValidators: Validators = {
  runPodSandbox: ({ config }: RunPodSandboxRequest) => sandboxConfig(config, 'config'),
  createContainer: ({ config }: CreateContainerRequest) =>
    present(config?.metadata?.name, 'config.metadata.name') ??
    present(config?.image?.image, 'config.image.image') ??
    absolute(config?.workingDir, 'config.working_dir') ??
    first(config?.mounts ?? [], ({ containerPath, hostPath, image }, index) => {
      const field = `config.mounts[${index}]`;
      return (
        present(containerPath, `${field}.container_path`) ??
        (image === undefined ? present(hostPath, `${field}.host_path`) : undefined)
      );
    }),
  execSync: ({ timeout }: ExecSyncRequest) => notNegative(timeout, 'timeout'),
  stopContainer: ({ timeout }: StopContainerRequest) => notNegative(timeout, 'timeout'),
  portForward: ({ port }: PortForwardRequest) => first(port, (number, index) => tcpPort(number, `port[${index}]`)),
};

export const imageValidators: Validators = {
  pullImage: ({ image }: PullImageRequest) => imageName(image),
};

function sandboxConfig(config: PodSandboxConfig | undefined, field: string): FieldViolation | undefined {
  const { name, namespace, uid } = config?.metadata ?? {};
  return (
    present(name, `${field}.metadata.name`) ??
    present(namespace, `${field}.metadata.namespace`) ??
    present(uid, `${field}.metadata.uid`) ??
    first(config?.portMappings ?? [], ({ containerPort, hostPort }, index) => {
      const mapping = `${field}.port_mappings[${index}]`;
      return hostPort === 0
        ? undefined
        : (tcpPort(hostPort, `${mapping}.host_port`) ?? tcpPort(containerPort, `${mapping}.container_port`));
    })
  );
}

function imageName(image: ImageSpec | undefined): FieldViolation | undefined {
  return present(image?.image, 'image.image');
}

function present(value: string | undefined, field: string): FieldViolation | undefined {
  return value === undefined || value === '' ? { field, reason: 'is required' } : undefined;
}

function absolute(path: string | undefined, field: string): FieldViolation | undefined {
  return path === undefined || path === '' || path.startsWith('/')
    ? undefined
    : { field, reason: 'must be an absolute path' };
}

function notNegative(value: bigint, field: string): FieldViolation | undefined {
  return value < 0n ? { field, reason: 'must not be negative' } : undefined;
}

function tcpPort(port: number, field: string): FieldViolation | undefined {
  return port >= 1 && port <= 65_535 ? undefined : { field, reason: 'must be a port from 1 to 65535' };
}

function first<T>(
  values: readonly T[],
  check: (value: T, index: number) => FieldViolation | undefined,
): FieldViolation | undefined {
  for (const [index, value] of values.entries()) {
    const violation = check(value, index);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

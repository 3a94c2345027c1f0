import type * as cri from '../generated/runtime/v1/cri_pb.js';
import type { Answer } from '../service/answer.js';
import { ContainerState, PodSandboxState } from '../generated/runtime/v1/cri_pb.js';

/** A sandbox of the in-memory runtime. */
export interface FakeSandbox {
  readonly id: string;
  readonly config: cri.PodSandboxConfig;
  readonly handler: string;
  readonly createdAt: bigint;
  state: PodSandboxState;
}

/** A container of the in-memory runtime. */
export interface FakeContainer {
  readonly id: string;
  readonly sandbox: FakeSandbox;
  readonly config: cri.ContainerConfig;
  readonly imageId: string;
  readonly createdAt: bigint;
  /** Ends its program. */
  readonly stopping: AbortController;
  state: ContainerState;
  startedAt: bigint;
  finishedAt: bigint;
  exitCode: number;
  /** Settles when the program has ended. */
  ended: Promise<void>;
}

function sandboxFields({ id, config, state, createdAt, handler }: FakeSandbox) {
  const { labels, annotations, metadata } = config;
  return { id, state, createdAt, labels, annotations, runtimeHandler: handler, ...(metadata && { metadata }) };
}

export function sandboxEntry(sandbox: FakeSandbox): Answer<typeof cri.PodSandboxSchema> {
  return sandboxFields(sandbox);
}

export function sandboxStatus(sandbox: FakeSandbox): Answer<typeof cri.PodSandboxStatusSchema> {
  const options = sandbox.config.linux?.securityContext?.namespaceOptions;
  const network = { ip: sandbox.state === PodSandboxState.SANDBOX_READY ? '10.0.0.2' : '' };
  return { ...sandboxFields(sandbox), network, linux: { namespaces: options ? { options } : {} } };
}

function containerFields({ id, config, imageId, state, createdAt }: FakeContainer) {
  const { labels, annotations, metadata, image } = config;
  const named = { ...(metadata && { metadata }), ...(image && { image }) };
  return { id, imageRef: imageId, imageId, state, createdAt, labels, annotations, ...named };
}

export function containerEntry(container: FakeContainer): Answer<typeof cri.ContainerSchema> {
  return { ...containerFields(container), podSandboxId: container.sandbox.id };
}

export function containerStatus(container: FakeContainer): Answer<typeof cri.ContainerStatusSchema> {
  const { config, sandbox, startedAt, finishedAt, exitCode, state } = container;
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  return {
    ...containerFields(container),
    startedAt,
    finishedAt,
    exitCode,
    reason: state === ContainerState.CONTAINER_EXITED ? reason : '',
    mounts: config.mounts,
    logPath: config.logPath === '' ? '' : `${sandbox.config.logDirectory}/${config.logPath}`,
  };
}

/** Whether an object has every label of a selector. */
export function hasLabels(
  labels: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, string>> = {},
): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}

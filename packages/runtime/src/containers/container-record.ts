import { fromJson, toJson } from '@bufbuild/protobuf';
import type { JsonValue } from '@bufbuild/protobuf';
import { ContainerConfigSchema } from '@kubewright/cri-sdk/v1';
import type { ContainerConfig } from '@kubewright/cri-sdk/v1';
import { joinInside } from '@kubewright/linux';
import type { OciUser } from '../oci/spec.js';
import type { Sandbox } from '../sandboxes/sandbox-record.js';

/** A container as it is on disk. Times are milliseconds since the epoch, 0 for not yet. */
export interface StoredContainer {
  readonly id: string;
  readonly sandboxId: string;
  readonly config: JsonValue;
  readonly imageId: string;
  /** The name that the pod asked for. */
  readonly imageName: string;
  /** Unpacked layers that its root file system and its volumes stand on. */
  readonly layers: readonly string[];
  readonly handler: string;
  readonly phase: 'creating' | 'created' | 'starting' | 'running' | 'exited';
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly logPath: string;
  readonly stopSignal: string;
  readonly pid: number;
  readonly user?: OciUser;
}

/** A container in memory. */
export interface Container extends Omit<StoredContainer, 'config'> {
  readonly config: ContainerConfig;
}

/** A container of which nothing is made yet. */
export function newContainer(
  id: string,
  { id: sandboxId, handler, config: { logDirectory } }: Sandbox,
  config: ContainerConfig,
  createdAt: number,
  of: Pick<Container, 'imageId' | 'imageName' | 'layers' | 'stopSignal'>,
): Container {
  return {
    ...of,
    id,
    sandboxId,
    config,
    handler,
    phase: 'creating',
    createdAt,
    startedAt: 0,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
    pid: 0,
    logPath: config.logPath === '' || logDirectory === '' ? '' : joinInside(logDirectory, config.logPath),
  };
}

export function toStored({ config, ...rest }: Container): StoredContainer {
  return { ...rest, config: toJson(ContainerConfigSchema, config) };
}

export function fromStored({ config, ...rest }: StoredContainer): Container {
  return { ...rest, config: fromJson(ContainerConfigSchema, config, { ignoreUnknownFields: true }) };
}

/** Says that two requests are about the same container. */
export function containerKey(sandboxId: string, { metadata }: ContainerConfig): string {
  return [sandboxId, metadata?.name, metadata?.attempt].join('_');
}

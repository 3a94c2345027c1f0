import { fromJson, toJson } from '@bufbuild/protobuf';
import type { JsonValue } from '@bufbuild/protobuf';
import { PodSandboxConfigSchema } from '@kubewright/cri-sdk/v1';
import type { PodSandboxConfig } from '@kubewright/cri-sdk/v1';

/** A sandbox as it is on disk. */
export interface StoredSandbox {
  readonly id: string;
  readonly config: JsonValue;
  readonly handler: string;
  readonly phase: 'creating' | 'ready' | 'stopped';
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly addresses: readonly string[];
  /** The boot of the machine in which it was made: nothing of it outlives that. */
  readonly boot: string;
}

/** A sandbox in memory. */
export interface Sandbox extends Omit<StoredSandbox, 'config'> {
  readonly config: PodSandboxConfig;
}

export function toStored({ config, ...rest }: Sandbox): StoredSandbox {
  return { ...rest, config: toJson(PodSandboxConfigSchema, config) };
}

export function fromStored({ config, ...rest }: StoredSandbox): Sandbox {
  return { ...rest, config: fromJson(PodSandboxConfigSchema, config, { ignoreUnknownFields: true }) };
}

/** Says that two requests are about the same sandbox. */
export function sandboxKey({ metadata }: PodSandboxConfig): string {
  return [metadata?.name, metadata?.namespace, metadata?.uid, metadata?.attempt].join('_');
}

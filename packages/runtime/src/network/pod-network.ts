import { extensionPoint } from '@kubewright/core';
import type { ExtensionPoint } from '@kubewright/core';
import type { PodSandboxConfig } from '@kubewright/cri-sdk/v1';

/** A pod with a network namespace of its own. */
export interface PodAttachment {
  readonly id: string;
  /** Where the namespace is mounted. */
  readonly netns: string;
  readonly config: PodSandboxConfig;
}

/** Connects pods. */
export interface PodNetwork {
  readonly name: string;
  /** Connects a pod. @returns its addresses, the first one being its main one. */
  attach(pod: PodAttachment, signal: AbortSignal): Promise<readonly string[]>;
  /** Disconnects a pod and gives its addresses back; also one whose `attach` failed or never came, and several times. */
  detach(pod: PodAttachment, signal: AbortSignal): Promise<void>;
  /** Undefined when pods can be connected, otherwise why not. Kubelets ask every few seconds. */
  problem(signal: AbortSignal): Promise<string | undefined>;
}

export const PodNetwork: ExtensionPoint<PodNetwork> = extensionPoint('@kubewright/runtime/PodNetwork');

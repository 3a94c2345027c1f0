import { hostname } from 'node:os';
import { NamespaceMode } from '@kubewright/cri-sdk/v1';
import type { PodSandboxConfig } from '@kubewright/cri-sdk/v1';

/** The name that programs of a pod see, by whatever way they ask. A pod in the machine's network has the machine's. */
export function podHostname(config: PodSandboxConfig): string {
  return usesHostNetwork(config) ? hostname() : config.hostname || 'localhost';
}

export function usesHostNetwork({ linux }: PodSandboxConfig): boolean {
  return linux?.securityContext?.namespaceOptions?.network === NamespaceMode.NODE;
}

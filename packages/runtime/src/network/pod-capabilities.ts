import { Protocol } from '@kubewright/cri-sdk/v1';
import type { PodSandboxConfig } from '@kubewright/cri-sdk/v1';
import type { PodBandwidth } from './bandwidth.js';

/**
 * What this runtime has for CNI plugins, by capability; each gets those that it declares. The names are those of CNI's
 * conventions, and `io.kubernetes.cri.pod-annotations` is containerd's and CRI-O's.
 */
export function podCapabilities(
  config: PodSandboxConfig,
  bandwidth: PodBandwidth | undefined,
): Readonly<Record<string, object | string>> {
  const { dnsConfig, annotations, linux } = config;
  return {
    portMappings: portMappings(config),
    'io.kubernetes.cri.pod-annotations': annotations,
    ...(bandwidth && { bandwidth }),
    ...(dnsConfig && {
      dns: { servers: dnsConfig.servers, searches: dnsConfig.searches, options: dnsConfig.options },
    }),
    ...(linux?.cgroupParent && { cgroupPath: linux.cgroupParent }),
  };
}

function portMappings({ portMappings }: PodSandboxConfig): object[] {
  return portMappings
    .filter(({ hostPort }) => hostPort > 0)
    .map(({ hostPort, containerPort, protocol, hostIp }) => ({
      hostPort,
      containerPort,
      protocol: Protocol[protocol].toLowerCase(),
      ...(hostIp !== '' && { hostIP: hostIp }),
    }));
}

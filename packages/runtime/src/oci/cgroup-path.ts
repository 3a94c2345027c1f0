import { join } from 'node:path';
import type { PodSandboxConfig } from '@kubewright/cri-sdk/v1';

/** Where groups lie whose pods name no parent. */
const defaultParent = '/kubewright';

/** The path of the control group of a container, or of a pod's own process. */
export function cgroupPath(pod: PodSandboxConfig | undefined, id: string): string {
  return join(pod?.linux?.cgroupParent || defaultParent, id);
}

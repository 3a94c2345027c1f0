import type { EnvVar, Volume, VolumeMount } from '@kubewright/api/core/v1';
import type { CSIDriverSpec } from '@kubewright/api/storage/v1';
import type { CsiSidecar } from '../csi-sidecars.js';

/** A program in the driver's image. */
export interface CsiProgram {
  /** Default: that of the image. */
  readonly command?: readonly string[];
  /** Beside those that are always there. */
  readonly env?: readonly EnvVar[];
  /** What the storage needs, as the directory that it is in. */
  readonly volumes?: readonly Volume[];
  readonly volumeMounts?: readonly VolumeMount[];
  /**
   * Where the program answers `/healthz`: the node part with `livenessProbe` in the clear, the controller part with the `health`
   * of its Kubewright over TLS, since a copy that waits does not serve the driver. Default: nowhere, it is not probed.
   */
  readonly livenessPort?: number;
}

export interface CsiManifestsOptions {
  /** The image with the driver's programs. */
  readonly image: string;
  /** Default: `kube-system`, where the priorities that storage should have are allowed. */
  readonly namespace?: string;
  /** Which sidecars run in the controller's process. Default: those that the driver has methods for. */
  readonly sidecars?: readonly CsiSidecar[];
  /** Serves the driver on CSI_ENDPOINT. The socket is registered with the kubelet, by CSI_REGISTRATION_ENDPOINT; KUBE_NODE_NAME is the node. */
  readonly node?: CsiProgram;
  /** Serves the driver on CSI_ENDPOINT and runs the sidecars, one copy at a time: the Lease that it needs has the driver's name. */
  readonly controller?: CsiProgram & {
    /** Default: 1. The others wait. */
    readonly replicas?: number;
  };
  /** The kubelet's directory. Default: `/var/lib/kubelet`. */
  readonly kubeletDirectory?: string;
  /** Where the secrets are that classes name. Default: nowhere, no secret may be read. */
  readonly secretNamespaces?: readonly string[];
  /** Fields of the CSIDriver that cannot be seen from the driver, as `fsGroupPolicy`. */
  readonly driver?: Partial<CSIDriverSpec>;
}

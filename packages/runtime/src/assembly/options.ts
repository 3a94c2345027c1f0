import type { Clock, Logger, Random } from '@kubewright/core';
import type { Snapshotter } from '../layers/snapshotter.js';
import type { PodNetwork } from '../network/pod-network.js';
import type { OciRuntime } from '../oci/oci-runtime.js';
import type { MirrorTable } from '../registry/endpoints.js';
import type { RecordStep } from '../state/record-store.js';

export interface ContainerRuntimeOptions {
  /** The socket to serve, as `unix:///run/kubewright/cri.sock`. */
  readonly address: string;
  /** Images and records; survives a reboot. Default: /var/lib/kubewright/runtime. */
  readonly root?: string;
  /** Namespaces, bundles and other things that end with a reboot. Default: /run/kubewright/runtime. */
  readonly state?: string;
  /** The socket for what CRI has no words for, alone in its directory. Default: `control/control.sock` below `state`. */
  readonly control?: string;
  /** The OCI runtime of pods that name no handler: a program with the command line of runc. Default: crun. */
  readonly program?: string;
  readonly mirrors?: MirrorTable;
  /** Default: loopback only, until a network is configured. */
  readonly network?: PodNetwork;
  /** Default: overlayfs below `root`. */
  readonly snapshotter?: Snapshotter;
  /** By the handlers that pods name; those that name none get the first. Default: `program`. */
  readonly ociRuntimes?: readonly OciRuntime[];
  /** How long a call of the OCI runtime may take until it is killed, in milliseconds. Default: 30,000. */
  readonly ociTimeout?: number;
  /** Told right before and after a record is on disk: where tests of recovery end the process. */
  readonly onRecordStep?: (step: RecordStep) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
}

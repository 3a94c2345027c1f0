import type { CsiDriverSettings, Mounter } from '@kubewright/csi-sdk';
import { token } from '@kubewright/core';
import type { Token } from '@kubewright/core';
import type { LoopDevices } from './data/loop-devices.js';
import type { FaultPoints } from './state/fault-points.js';

export interface HostPathOptions extends CsiDriverSettings {
  /**
   * The directory for records and data; made if it is missing. On one file system, one that can share blocks for cheap
   * clones.
   */
  readonly root: string;
  /** This node's id, and the value of its topology segment. */
  readonly nodeId: string;
  /** The driver's name. Default: `hostpath.csi.kubewright.dev`. */
  readonly name?: string;
  /** How many volumes may be attached to the node. Default: 0, no limit. */
  readonly maxVolumesPerNode?: number;
  /** The sum of all volumes' sizes, in bytes. Default: the size of the file system that `root` is on. */
  readonly poolBytes?: bigint;
  /** The largest volume, in bytes. Default: 16 TiB; more than 2^53 - 1 is as good as that. */
  readonly maxVolumeBytes?: bigint;
  /** For tests. Default: those of this machine. */
  readonly mounter?: Mounter;
  readonly loopDevices?: LoopDevices;
  readonly faults?: FaultPoints;
}

/** Options are injected, so that a host's plugin or a test provides them. */
export const HostPathOptions: Token<HostPathOptions> = token('@kubewright/storage/HostPathOptions');

export const defaultDriverName = 'hostpath.csi.kubewright.dev';

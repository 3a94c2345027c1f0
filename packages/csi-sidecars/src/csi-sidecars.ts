import { provide } from '@kubewright/core';
import type { Class, PluginLike } from '@kubewright/core';
import { AttachedVolumeProtection } from './volumes/attached-volume-protection.js';
import { CapacityPublisher } from './volumes/capacity-publisher.js';
import { CloneProtection } from './volumes/clone-protection.js';
import { DriverConnection, DriverEndpoint } from './driver/driver-connection.js';
import { GroupSnapshotContentController } from './snapshots/group-snapshot-content-controller.js';
import { GroupSnapshotController } from './snapshots/group-snapshot-controller.js';
import { ClaimSourceProtection } from './snapshots/claim-source-protection.js';
import { GroupSourceProtection } from './snapshots/group-source-protection.js';
import { SnapshotContentController } from './snapshots/snapshot-content-controller.js';
import { SnapshotController } from './snapshots/snapshot-controller.js';
import { GroupSnapshotDefinitions, SnapshotDefinitions } from './snapshots/snapshot-definitions.js';
import { VolumeAttacher } from './volumes/volume-attacher.js';
import { VolumeDeleter } from './volumes/volume-deleter.js';
import { HealthIntervals, VolumeHealthMonitor } from './volumes/volume-health-monitor.js';
import { VolumeModifier } from './volumes/volume-modifier.js';
import { VolumeProvisioner } from './volumes/volume-provisioner.js';
import { VolumeResizer } from './volumes/volume-resizer.js';

/** What each consists of. */
export const sidecarPlugins = {
  provisioner: [VolumeProvisioner, VolumeDeleter, CloneProtection],
  capacity: [CapacityPublisher],
  attacher: [VolumeAttacher, AttachedVolumeProtection],
  resizer: [VolumeResizer, VolumeModifier],
  snapshotter: [SnapshotDefinitions, SnapshotController, SnapshotContentController, ClaimSourceProtection],
  /** Needs a snapshotter beside it, which looks after the members. */
  'group-snapshotter': [
    SnapshotDefinitions,
    GroupSnapshotDefinitions,
    GroupSnapshotController,
    GroupSnapshotContentController,
    GroupSourceProtection,
  ],
  'health-monitor': [VolumeHealthMonitor],
} as const satisfies Record<string, readonly Class[]>;

export type CsiSidecar = keyof typeof sidecarPlugins;

export interface CsiSidecarsOptions {
  /** The driver's socket, as `unix:///csi/csi.sock`. The driver may start later. */
  readonly endpoint: string;
  /** Which of them; the others may run elsewhere, as Kubernetes' own sidecars. Default: all. */
  readonly only?: readonly CsiSidecar[];
  /** How often the health monitor asks. Default: as Kubernetes' own. */
  readonly healthIntervals?: HealthIntervals;
}

/** The sidecars of one driver as controllers of a host. A host has those of one driver; for another use a child host. */
export function csiSidecars({ endpoint, only, healthIntervals = {} }: CsiSidecarsOptions): readonly PluginLike[] {
  const chosen = only ?? (Object.keys(sidecarPlugins) as CsiSidecar[]);
  return [
    { name: 'csi-driver-endpoint', provides: [provide(DriverEndpoint, { value: endpoint })] },
    { name: 'csi-health-intervals', provides: [provide(HealthIntervals, { value: healthIntervals })] },
    DriverConnection,
    ...new Set(chosen.flatMap((name): readonly PluginLike[] => sidecarPlugins[name])),
  ];
}

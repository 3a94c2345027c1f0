import { provide } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { CapacityPublisher } from './capacity-publisher.js';
import { DriverConnection, DriverEndpoint } from './driver-connection.js';
import { SnapshotContentController } from './snapshots/snapshot-content-controller.js';
import { SnapshotController } from './snapshots/snapshot-controller.js';
import { SnapshotDefinitions } from './snapshots/snapshot-definitions.js';
import { VolumeAttacher } from './volume-attacher.js';
import { VolumeDeleter } from './volume-deleter.js';
import { VolumeProvisioner } from './volume-provisioner.js';
import { VolumeResizer } from './volume-resizer.js';

const parts = {
  provisioner: [VolumeProvisioner, VolumeDeleter],
  capacity: [CapacityPublisher],
  attacher: [VolumeAttacher],
  resizer: [VolumeResizer],
  snapshotter: [SnapshotDefinitions, SnapshotController, SnapshotContentController],
} as const satisfies Record<string, readonly PluginLike[]>;

export type CsiSidecar = keyof typeof parts;

export interface CsiSidecarsOptions {
  /** The driver's socket, as `unix:///csi/csi.sock`. The driver may start later. */
  readonly endpoint: string;
  /** Which of them; the others may run elsewhere, as Kubernetes' own sidecars. Default: all. */
  readonly only?: readonly CsiSidecar[];
}

/** The sidecars of one driver as controllers of a host. A host has those of one driver; for another use a child host. */
export function csiSidecars({ endpoint, only }: CsiSidecarsOptions): readonly PluginLike[] {
  const chosen = only ?? (Object.keys(parts) as CsiSidecar[]);
  return [
    { name: 'csi-driver-endpoint', provides: [provide(DriverEndpoint, { value: endpoint })] },
    DriverConnection,
    ...chosen.flatMap((name): readonly PluginLike[] => parts[name]),
  ];
}

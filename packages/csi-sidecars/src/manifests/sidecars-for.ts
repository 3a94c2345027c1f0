import type { CsiDriver } from '@kubewright/csi-sdk';
import type { CsiSidecar } from '../csi-sidecars.js';

/** The sidecars that have something to do for a driver, by the methods that it has. */
export function sidecarsFor({ controller, groupController, features }: CsiDriver): readonly CsiSidecar[] {
  const needed: Record<CsiSidecar, boolean> = {
    provisioner: controller?.createVolume !== undefined,
    capacity: controller?.getCapacity !== undefined && features.topology === true,
    attacher: controller?.controllerPublishVolume !== undefined,
    resizer: controller?.controllerExpandVolume !== undefined,
    snapshotter: controller?.createSnapshot !== undefined,
    'group-snapshotter': groupController?.createVolumeGroupSnapshot !== undefined,
    'health-monitor': controller?.features.volumeCondition === true,
  };
  return (Object.keys(needed) as CsiSidecar[]).filter((sidecar) => needed[sidecar]);
}

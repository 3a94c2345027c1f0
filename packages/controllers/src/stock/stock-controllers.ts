import { provide } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { AttachDetachController } from '../attach-detach/attach-detach-controller.js';
import { OrphanedAttachments } from '../attach-detach/orphaned-attachments.js';
import { ClusterRoleAggregationController } from '../cluster-role/cluster-role-aggregation-controller.js';
import { DeploymentController } from '../deployment/deployment-controller.js';
import { GarbageCollector } from '../garbage-collector/garbage-collector.js';
import { NamespaceController } from '../namespace/namespace-controller.js';
import { EphemeralVolumeController } from '../persistent-volumes/ephemeral-volume-controller.js';
import { PersistentVolumeBinder } from '../persistent-volumes/persistent-volume-binder.js';
import { PersistentVolumeReclaimer } from '../persistent-volumes/persistent-volume-reclaimer.js';
import {
  PersistentVolumeClaimProtection,
  PersistentVolumeProtection,
} from '../persistent-volumes/volume-protection.js';
import { ReplicaSetController } from '../replicaset/replicaset-controller.js';
import { ClusterCertificateAuthority, RootCaPublisher } from '../root-ca/root-ca-publisher.js';
import { ServiceAccountController } from '../service-account/service-account-controller.js';
import { ControlPlaneGuard } from './control-plane-guard.js';

export interface StockControllersOptions {
  /**
   * Starts on a cluster that has a live kube-controller-manager, too. Only where that one runs none of these controllers: two
   * of a kind work against each other. Default: false.
   */
  readonly replaceControlPlane?: boolean;
  /**
   * The certificate in PEM that RootCaPublisher publishes. Default: none; then another plugin has to
   * provide `ClusterCertificateAuthority`.
   */
  readonly certificateAuthority?: string;
}

/**
 * Kubernetes' own controllers as one bundle, for a control plane that has none. A single one is replaced with
 * `host.use(Canary, { replaces: 'deployment-controller' })`.
 */
export function stockControllers({
  replaceControlPlane = false,
  certificateAuthority,
}: StockControllersOptions = {}): readonly PluginLike[] {
  return [
    ...(replaceControlPlane ? [] : [ControlPlaneGuard]),
    DeploymentController,
    ReplicaSetController,
    GarbageCollector,
    NamespaceController,
    ServiceAccountController,
    ClusterRoleAggregationController,
    RootCaPublisher,
    PersistentVolumeBinder,
    PersistentVolumeReclaimer,
    PersistentVolumeClaimProtection,
    PersistentVolumeProtection,
    EphemeralVolumeController,
    AttachDetachController,
    OrphanedAttachments,
    ...(certificateAuthority === undefined
      ? []
      : [
          {
            name: 'cluster-certificate-authority',
            provides: [provide(ClusterCertificateAuthority, { value: certificateAuthority })],
          },
        ]),
  ];
}

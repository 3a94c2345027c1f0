/**
 * Kubernetes' stock controllers: to use as they are, to extend, or to replace one by one.
 *
 * @packageDocumentation
 */

// All of them
export { stockControllers } from './stock/stock-controllers.js';
export type { StockControllersOptions } from './stock/stock-controllers.js';
export { ControlPlaneGuard } from './stock/control-plane-guard.js';

// One by one
export { DeploymentController } from './deployment/deployment-controller.js';
export { ReplicaSetController } from './replicaset/replicaset-controller.js';
export { GarbageCollector } from './garbage-collector/garbage-collector.js';
export { NamespaceController } from './namespace/namespace-controller.js';
export { ServiceAccountController } from './service-account/service-account-controller.js';
export { ClusterCertificateAuthority, RootCaPublisher } from './root-ca/root-ca-publisher.js';
export { ClusterRoleAggregationController } from './cluster-role/cluster-role-aggregation-controller.js';
export { PersistentVolumeBinder } from './persistent-volumes/persistent-volume-binder.js';
export { PersistentVolumeReclaimer } from './persistent-volumes/persistent-volume-reclaimer.js';
export { PersistentVolumeClaimProtection, PersistentVolumeProtection } from './persistent-volumes/volume-protection.js';
export { EphemeralVolumeController } from './persistent-volumes/ephemeral-volume-controller.js';
export { AttachDetachController } from './attach-detach/attach-detach-controller.js';
export { OrphanedAttachments } from './attach-detach/orphaned-attachments.js';
export { controllersErrors } from './errors/controllers-errors.js';

// For extending the Deployment controller
export { planDeployment, rolloutStep } from './deployment/deployment-plan.js';
export type { DeploymentSnapshot, RolloutStep } from './deployment/deployment-plan.js';
export type { DeploymentAction, DeploymentPlan } from './deployment/actions.js';
export type { ReadonlyDeployment, ReadonlyReplicaSet } from './deployment/annotations.js';
export { fencepostsOf } from './deployment/fenceposts.js';
export type { Fenceposts } from './deployment/fenceposts.js';
export { sortReplicaSets, specReplicas } from './deployment/replica-sets.js';
export type { ReplicaSetsOfDeployment } from './deployment/replica-sets.js';
export { scaleTo } from './deployment/scaling.js';

// For controllers of pods
export { planReplicas, podFromTemplate } from './replicaset/replicaset-plan.js';
export type { ReplicasPlan } from './replicaset/replicaset-plan.js';
export { replicaSetStatus } from './replicaset/replicaset-status.js';
export type { ReplicaFailure } from './replicaset/replicaset-status.js';
export { podDeletionCostAnnotation, podsToDelete } from './replicaset/deletion-rank.js';
export {
  availableAt,
  isPodActive,
  isPodAvailable,
  isPodFinished,
  isPodReady,
  isPodTerminating,
} from './pods/pod-state.js';
export type { ReadonlyPod } from './pods/pod-state.js';
export { isSameTemplate, podTemplateHashLabel, templateHash } from './templates/pod-template.js';
export type { ReadonlyPodTemplate } from './templates/pod-template.js';

// For extending the binder of volumes
export { planClaim } from './persistent-volumes/claim-plan.js';
export type { ClaimEvent, ClaimPlan, ClaimSurroundings } from './persistent-volumes/claim-plan.js';
export { planVolume } from './persistent-volumes/volume-plan.js';
export type { VolumePlan } from './persistent-volumes/volume-plan.js';
export { matchVolume, mismatchOf } from './persistent-volumes/match-volume.js';
export type { MatchOptions } from './persistent-volumes/match-volume.js';
export type { ReadonlyClaim, ReadonlyStorageClass, ReadonlyVolume } from './persistent-volumes/annotations.js';

// For extending the attach-detach controller
export { longestUnmount, planNode } from './attach-detach/attach-plan.js';
export type {
  Detachment,
  KnownAttachment,
  NodePlan,
  NodeSurroundings,
  ReadonlyAttachment,
  ReadonlyNode,
  WantedVolume,
} from './attach-detach/attach-plan.js';
export { attachmentName, uniqueVolumeName } from './attach-detach/volume-names.js';
export type { DriverVolume } from './attach-detach/volume-names.js';

/** Which printer a kind has. A kind without one shows name and age. */
import type { GroupVersionKind } from '@kubewright/api';
import { ageColumn, nameColumn, printer } from './columns.js';
import * as core from './core-printers.js';
import { podPrinter } from './pod-printer.js';
import * as policy from './policy-printers.js';
import type { Printer } from './table.js';
import * as workload from './workload-printers.js';

/** Name and age. */
export const defaultPrinter: Printer = printer(nameColumn, ageColumn);

const printers: Readonly<Record<string, Printer>> = {
  Pod: podPrinter,
  'Deployment.apps': workload.deploymentPrinter,
  'ReplicaSet.apps': workload.replicaSetPrinter,
  'StatefulSet.apps': workload.statefulSetPrinter,
  'DaemonSet.apps': workload.daemonSetPrinter,
  'ControllerRevision.apps': workload.controllerRevisionPrinter,
  ReplicationController: workload.replicationControllerPrinter,
  PodTemplate: workload.podTemplatePrinter,
  'Job.batch': workload.jobPrinter,
  'CronJob.batch': workload.cronJobPrinter,
  'HorizontalPodAutoscaler.autoscaling': workload.autoscalerPrinter,
  'PodDisruptionBudget.policy': workload.disruptionBudgetPrinter,
  Service: core.servicePrinter,
  Node: core.nodePrinter,
  Namespace: core.namespacePrinter,
  ConfigMap: core.configMapPrinter,
  Secret: core.secretPrinter,
  ServiceAccount: core.serviceAccountPrinter,
  Event: core.eventPrinter,
  'Event.events.k8s.io': core.eventPrinter,
  PersistentVolume: core.persistentVolumePrinter,
  PersistentVolumeClaim: core.persistentVolumeClaimPrinter,
  Endpoints: core.endpointsPrinter,
  ResourceQuota: core.resourceQuotaPrinter,
  ComponentStatus: core.componentStatusPrinter,
  'Ingress.networking.k8s.io': policy.ingressPrinter,
  'IngressClass.networking.k8s.io': policy.ingressClassPrinter,
  'NetworkPolicy.networking.k8s.io': policy.networkPolicyPrinter,
  'ServiceCIDR.networking.k8s.io': policy.serviceCidrPrinter,
  'IPAddress.networking.k8s.io': policy.ipAddressPrinter,
  'EndpointSlice.discovery.k8s.io': policy.endpointSlicePrinter,
  'Lease.coordination.k8s.io': policy.leasePrinter,
  'Role.rbac.authorization.k8s.io': policy.rolePrinter,
  'ClusterRole.rbac.authorization.k8s.io': policy.rolePrinter,
  'RoleBinding.rbac.authorization.k8s.io': policy.roleBindingPrinter,
  'ClusterRoleBinding.rbac.authorization.k8s.io': policy.roleBindingPrinter,
  'CustomResourceDefinition.apiextensions.k8s.io': policy.customResourceDefinitionPrinter,
  'StorageClass.storage.k8s.io': policy.storageClassPrinter,
  'CSIDriver.storage.k8s.io': policy.csiDriverPrinter,
  'CSINode.storage.k8s.io': policy.csiNodePrinter,
  'CSIStorageCapacity.storage.k8s.io': policy.csiStorageCapacityPrinter,
  'VolumeAttachment.storage.k8s.io': policy.volumeAttachmentPrinter,
  'VolumeAttributesClass.storage.k8s.io': policy.volumeAttributesClassPrinter,
  'PriorityClass.scheduling.k8s.io': policy.priorityClassPrinter,
  'RuntimeClass.node.k8s.io': policy.runtimeClassPrinter,
  'CertificateSigningRequest.certificates.k8s.io': policy.certificateSigningRequestPrinter,
  'MutatingWebhookConfiguration.admissionregistration.k8s.io': policy.webhookConfigurationPrinter,
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io': policy.webhookConfigurationPrinter,
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io': policy.validatingPolicyPrinter,
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io': policy.policyBindingPrinter,
  'MutatingAdmissionPolicyBinding.admissionregistration.k8s.io': policy.policyBindingPrinter,
  'APIService.apiregistration.k8s.io': policy.apiServicePrinter,
  'FlowSchema.flowcontrol.apiserver.k8s.io': policy.flowSchemaPrinter,
  'PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io': policy.priorityLevelPrinter,
};

/** The printer of a built-in kind; versions of a kind share one. */
export function printerOf({ group, kind }: Pick<GroupVersionKind, 'group' | 'kind'>): Printer {
  return printers[group === '' ? kind : `${kind}.${group}`] ?? defaultPrinter;
}

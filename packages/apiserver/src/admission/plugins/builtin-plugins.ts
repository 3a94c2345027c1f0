/**
 * The admission plugins that come with the server, each a file of its own. Neighbours: `admission` says when they are asked.
 */
import type { PluginLike } from '@kubewright/core';
import {
  CertificateApprovalAdmission,
  CertificateRequesterAdmission,
  CertificateSubjectRestrictionAdmission,
} from './certificate-requests.js';
import { DefaultTolerationSecondsAdmission } from './default-toleration-seconds.js';
import { NamespaceLifecycleAdmission } from './namespace-lifecycle.js';
import { PriorityAdmission } from './priority.js';
import { RbacEscalationAdmission } from './rbac-escalation.js';
import { ServiceAccountAdmission } from './service-account.js';
import { StructuralSchemasAdmission } from './structural-schemas.js';

/** The server's own plugins, in the order in which they run. */
export const builtinAdmission: readonly PluginLike[] = [
  NamespaceLifecycleAdmission,
  ServiceAccountAdmission,
  PriorityAdmission,
  DefaultTolerationSecondsAdmission,
  StructuralSchemasAdmission,
  CertificateRequesterAdmission,
  CertificateApprovalAdmission,
  CertificateSubjectRestrictionAdmission,
  RbacEscalationAdmission,
];

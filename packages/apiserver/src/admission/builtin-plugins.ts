import type { PluginLike } from '@kubewright/core';
import {
  CertificateApprovalAdmission,
  CertificateRequesterAdmission,
  CertificateSubjectRestrictionAdmission,
} from './plugins/certificate-requests.js';
import { DefaultTolerationSecondsAdmission } from './plugins/default-toleration-seconds.js';
import { NamespaceLifecycleAdmission } from './plugins/namespace-lifecycle.js';
import { PriorityAdmission } from './plugins/priority.js';
import { RbacEscalationAdmission } from './plugins/rbac-escalation.js';
import { ServiceAccountAdmission } from './plugins/service-account.js';
import { StructuralSchemasAdmission } from './plugins/structural-schemas.js';

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

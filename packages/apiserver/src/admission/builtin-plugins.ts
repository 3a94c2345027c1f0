import type { Authorizer } from '../auth/authorizer.js';
import type { ObjectReader } from '../store/object-reader.js';
import type { AdmissionPlugin } from './admission.js';
import {
  CertificateApproval,
  CertificateRequester,
  CertificateSubjectRestriction,
} from './plugins/certificate-requests.js';
import { DefaultTolerationSeconds } from './plugins/default-toleration-seconds.js';
import { NamespaceLifecycle } from './plugins/namespace-lifecycle.js';
import { Priority } from './plugins/priority.js';
import { StructuralSchemas } from './plugins/structural-schemas.js';
import { ServiceAccount } from './plugins/service-account.js';

/** The server's own plugins, in the order in which they run. */
export function builtinAdmission(objects: ObjectReader, authorizers: readonly Authorizer[]): AdmissionPlugin[] {
  return [
    new NamespaceLifecycle(objects),
    new ServiceAccount(objects),
    new Priority(objects),
    new DefaultTolerationSeconds(),
    new StructuralSchemas(),
    new CertificateRequester(),
    new CertificateApproval(authorizers),
    new CertificateSubjectRestriction(),
  ];
}

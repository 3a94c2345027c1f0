/**
 * An embeddable Kubernetes API server.
 *
 * @packageDocumentation
 */

// The server
export { ApiServer } from './server/api-server.js';
export { apiServer } from './server/api-server-plugins.js';
export type { ApiServerOptions } from './server/api-server-plugins.js';
export type { ListenerOptions } from './http/listener/listener.js';
export { kubernetesServiceAddress } from './allocation/service-allocator.js';
export { kubernetesVersion } from './http/endpoints/document-handler.js';

// Where its extension points live
export { serverLevel } from './server-level.js';

// Where it keeps its objects
export { MemoryStorage } from './storage/memory-storage.js';
export { SqliteStorage } from './storage/sqlite-storage.js';
export type { SqliteStorageOptions } from './storage/sqlite-storage.js';

// Who may do what
export { Authenticator } from './auth/authenticator.js';
export type { AuthenticationRequest, User } from './auth/authenticator.js';
export { AnonymousAuthenticator } from './auth/anonymous-authenticator.js';
export { Authorizer } from './auth/authorizer.js';
export type { Attributes, Decision, PathAttributes, ResourceAttributes } from './auth/authorizer.js';
export { CertificateAuthenticator } from './auth/certificate-authenticator.js';
export { TokenAuthenticator, UnknownTokenAuthenticator } from './auth/token-authenticator.js';
export type { StaticToken } from './auth/token-authenticator.js';

export { RbacAuthorizer } from './rbac/rbac-authorizer.js';

// What may be written: the server's own admission plugins, to leave them out, to replace or to extend them
export {
  CertificateApprovalAdmission,
  CertificateRequesterAdmission,
  CertificateSubjectRestrictionAdmission,
} from './admission/plugins/certificate-requests.js';
export { DefaultTolerationSecondsAdmission } from './admission/plugins/default-toleration-seconds.js';
export { NamespaceLifecycleAdmission } from './admission/plugins/namespace-lifecycle.js';
export { PriorityAdmission } from './admission/plugins/priority.js';
export { RbacEscalationAdmission } from './admission/plugins/rbac-escalation.js';
export { ServiceAccountAdmission } from './admission/plugins/service-account.js';
export { StructuralSchemasAdmission } from './admission/plugins/structural-schemas.js';

// For authors of storages
export { Storage } from './storage/storage.js';
export type {
  StorageBatch,
  StorageEntry,
  StorageEvent,
  StorageList,
  StorageListOptions,
  WriteResult,
} from './storage/storage.js';

// For authors of admission plugins and handlers
export { AdmissionPlugin } from './admission/admission.js';
export type { AdmissionRequest } from './admission/admission.js';
export { RequestHandler, UpgradeHandler } from './http/request-context.js';
export type { RequestContext } from './http/request-context.js';
export type { PathRequestInfo, RequestInfo, ResourceRequestInfo } from './http/request-info.js';
export { jsonResponse, textResponse } from './http/server-request.js';
export type { ServerRequest, ServerResponse } from './http/server-request.js';
export type { Conversion, DeletionRules, ScalePaths, ServedResource } from './registry/served-resource.js';
export type { DeletionOptions, Strategy } from './strategy.js';

export { errors as apiServerErrors } from './errors.js';

/**
 * The machinery of the Kubernetes API, without a connection to one. The built-in kinds live in entries of their own, by
 * group and version: `@kubewright/api/apps/v1`; their schemas in `@kubewright/api/schemas`.
 *
 * @packageDocumentation
 */

// Kinds and objects
export { apiVersionOf, parseApiVersion } from './kind/kind.js';
export type { GroupVersionKind, GroupVersionResource, Kind, Scope } from './kind/kind.js';
export type { KubeList, KubeObject } from './meta/kube-object.js';
export type { DeepReadonly } from './meta/deep-readonly.js';
export type { Json, JsonObject, MutableJson } from './json/json.js';

// Metadata and status
export { formatObjectKey, objectKey, parseObjectKey } from './meta/object-key.js';
export type { ObjectKey } from './meta/object-key.js';
export { findCondition, isConditionTrue, removeCondition, setCondition } from './meta/conditions.js';
export type { ConditionLike, ConditionStatus, ConditionUpdate } from './meta/conditions.js';
export {
  addOwnerReference,
  controllerReference,
  isControlledBy,
  isOwnedBy,
  ownerReference,
  removeOwnerReference,
  setControllerReference,
} from './meta/owner-references.js';
export { hasFinalizer, isDeleting } from './meta/finalizers.js';
export { formatMicroTime, formatTime, normalizeMicroTime, normalizeTime, parseTime } from './meta/time.js';
export { compareResourceVersion, isResourceVersion } from './resource-version/resource-version.js';

// Amounts and selectors
export { Quantity } from './quantity/quantity.js';
export type { QuantityFormat } from './quantity/quantity.js';
export { LabelSelector } from './selector/label-selector.js';
export { requirement } from './selector/requirement.js';
export type { Requirement, SelectorOperator } from './selector/requirement.js';
export { FieldSelector, escapeFieldValue } from './selector/field-selector.js';
export type { FieldRequirement } from './selector/field-selector.js';

// Errors
export { StatusError } from './status/status-error.js';
export type { StatusFields } from './status/status-error.js';
export {
  isAlreadyExists,
  isBadRequest,
  isConflict,
  isExpired,
  isForbidden,
  isInternalError,
  isInvalid,
  isMethodNotSupported,
  isNamespaceTerminating,
  isNotFound,
  isServiceUnavailable,
  isTimeout,
  isTooManyRequests,
  isUnauthorized,
} from './status/predicates.js';
export { apiErrors } from './errors.js';

// For servers: what they answer
export { statusErrors } from './status/status-errors.js';
export type { GroupResource } from './status/status-errors.js';
export { childPath, fieldError, indexPath } from './validation/field-error.js';
export type { FieldError, FieldErrorReason } from './validation/field-error.js';
export {
  checkConfigMapKey,
  checkDns1035Label,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkEnvironmentName,
  checkLabelValue,
  checkPathSegmentName,
  checkPortName,
  checkPortNumber,
  checkQualifiedName,
} from './validation/names.js';

// For servers: schemas
export type { Schema, SchemaResolver, ValidationRule } from './schema/schema.js';
export { resolveSchema, validateValue } from './schema/validate-value.js';
export type { RuleValidator, ValidateOptions } from './schema/validate-value.js';
export { prune } from './schema/prune.js';
export { applySchemaDefaults } from './schema/defaults.js';
export { checkStructural } from './schema/check-structural.js';
export { compilePattern } from './schema/pattern.js';
export type { Pattern } from './schema/pattern.js';
export { decodeStrict } from './schema/decode-strict.js';
export type { DecodeResult } from './schema/decode-strict.js';
export { exceedsDepth, maximumDepth } from './json/depth.js';
export { findDuplicateKeys } from './json/duplicate-keys.js';

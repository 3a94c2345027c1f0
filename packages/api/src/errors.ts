import { defineErrors } from '@kubewright/core';

/**
 * The package's errors. Where a server passes one on to its client, `details.reason` is the text for it: upstream's own
 * words, without our code.
 */
export const apiErrors = defineErrors('API', {
  UNKNOWN_SCHEMA: (d: { name: string }) =>
    `there is no built-in schema '${d.name}': names are written as io.k8s.api.apps.v1.Deployment`,
  UNRESOLVED_SCHEMA: (d: { name: string }) =>
    `the schema refers to '${d.name}', but no resolver was given: pass one, as builtinSchema of @kubewright/api/schemas`,
  QUANTITY: (d: { text: string; reason: string }) => `'${d.text}' is not a quantity: ${d.reason}`,
  LABEL_SELECTOR: (d: { selector: string; reason: string }) => `'${d.selector}' is not a label selector: ${d.reason}`,
  FIELD_SELECTOR: (d: { selector: string; reason: string }) => `'${d.selector}' is not a field selector: ${d.reason}`,
  RESOURCE_VERSION: (d: { value: string; reason: string }) =>
    `'${d.value}' cannot be compared as a resourceVersion: ${d.reason}`,
  OBJECT_KEY: (d: { key: string }) =>
    `'${d.key}' is not an object's key: write 'namespace/name', or 'name' in the cluster scope`,
  TIME: (d: { text: string; reason: string }) => `'${d.text}' is not a time: ${d.reason}`,
  ALREADY_CONTROLLED: (d: { object: string; owner: string; wanted: string }) =>
    `${d.object} is controlled by ${d.owner} already, so ${d.wanted} cannot become its controller: use addOwnerReference, or release it first`,
  OWNER_UNSAVED: (d: { owner: string }) =>
    `${d.owner} has no uid, so nothing can refer to it as an owner: take the object as the API answered it`,
  CROSS_NAMESPACE_OWNER: (d: { object: string; owner: string }) =>
    `${d.owner} cannot own ${d.object}: an owner is in the same namespace, or in the cluster scope`,
  PROTOBUF: (d: { reason: string }) => `the protobuf cannot be decoded: ${d.reason}`,
  PROTOBUF_KIND: (d: { apiVersion: string; kind: string }) =>
    `${d.apiVersion} ${d.kind} has no protobuf form, as only built-in kinds have one: use JSON`,
  PROTOBUF_VALUE: (d: { field: string; reason: string }) => `'${d.field}' cannot be encoded as protobuf: ${d.reason}`,
});

/** The errors that this package throws on purpose. `docs/errors.md` explains each. */
import { defineErrors } from '@kubewright/core';

export const controllersErrors = defineErrors('CONTROLLERS', {
  OWNER_KIND_UNKNOWN: (d: { apiVersion: string; kind: string; object: string }) =>
    `${d.object} names an owner of kind ${d.kind} in ${d.apiVersion}, which the API server does not serve: serve the kind, or correct metadata.ownerReferences; until then the object is kept`,
  NAMESPACE_NOT_EMPTIED: (d: { namespace: string; failures: readonly string[] }) =>
    `the content of namespace ${d.namespace} could not be deleted and is tried again: ${d.failures.join('; ')}`,
  CONTROL_PLANE_RUNS: (d: { holder: string; renewTime: string }) =>
    `the cluster's kube-controller-manager is alive (${d.holder} renewed its lease at ${d.renewTime}), and two of them work against each other: leave out stockControllers(), stop the other one, or pass replaceControlPlane: true if it runs none of these controllers`,
});

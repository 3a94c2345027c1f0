/** The ReplicaSet of today's template: making it, and keeping what it says about itself up to date. */
import { ownerReference } from '@kubewright/api';
import type { ReplicaSet } from '@kubewright/api/apps/v1';
import type { PodTemplateSpec } from '@kubewright/api/core/v1';
import type { LabelSelector } from '@kubewright/api/meta/v1';
import { podTemplateHashLabel, templateHash } from '../templates/pod-template.js';
import type { DeploymentAction } from './actions.js';
import { newReplicaSetAnnotations, revisionOf, sizeAnnotations } from './annotations.js';
import type { ReadonlyDeployment } from './annotations.js';
import { fencepostsOf, wantedReplicas } from './fenceposts.js';
import { nextRevision } from './replica-sets.js';
import type { ReplicaSetsOfDeployment } from './replica-sets.js';
import { newReplicaSetSize } from './rolling-update.js';

/** Names may be 253 characters long; the hash and its dash come off that. */
const longestName = 253;

/**
 * Creates the new ReplicaSet, or brings its revision, annotations and minReadySeconds up to date.
 *
 * @param create - false while the Deployment is paused or only scaled: no new revision starts then.
 */
export function planNewReplicaSet(
  deployment: ReadonlyDeployment,
  sets: ReplicaSetsOfDeployment,
  create: boolean,
): DeploymentAction[] {
  const { current } = sets;
  const revision = nextRevision(sets.old);
  if (current === undefined)
    return create ? [{ do: 'createReplicaSet', replicaSet: newReplicaSet(deployment, sets, revision) }] : [];
  const annotations = newReplicaSetAnnotations(deployment, current, revision);
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  const stale =
    minReadySeconds !== (current.spec?.minReadySeconds ?? 0) ||
    Object.entries(annotations).some(([key, value]) => current.metadata.annotations?.[key] !== value);
  const before = revisionOf(current);
  const own = before > revision ? before : revision;
  return [
    ...(stale ? [{ do: 'refresh', replicaSet: current, annotations, minReadySeconds } as const] : []),
    ...(revisionOf(deployment) === own ? [] : [{ do: 'setRevision', revision: own } as const]),
  ];
}

function newReplicaSet(deployment: ReadonlyDeployment, sets: ReplicaSetsOfDeployment, revision: bigint): ReplicaSet {
  const template = structuredClone(deployment.spec?.template ?? {}) as PodTemplateSpec;
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [podTemplateHashLabel]: hash };
  const wanted = wantedReplicas(deployment);
  const { name = '', namespace = '' } = deployment.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name.slice(0, longestName - hash.length - 1)}-${hash}`,
      namespace,
      labels,
      annotations: {
        ...newReplicaSetAnnotations(deployment, undefined, revision),
        ...sizeAnnotations(wanted, wanted + fencepostsOf(deployment).surge),
      },
      ownerReferences: [ownerReference(deployment, { controller: true })],
    },
    spec: {
      replicas: newReplicaSetSize(deployment, undefined, sets.all),
      ...(deployment.spec?.minReadySeconds !== undefined && { minReadySeconds: deployment.spec.minReadySeconds }),
      selector: {
        ...(structuredClone(deployment.spec?.selector ?? {}) as LabelSelector),
        matchLabels: { ...deployment.spec?.selector.matchLabels, [podTemplateHashLabel]: hash },
      },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** What to do about a claim, decided from what is in the cluster and nothing else. */
import type { DeepReadonly } from '@kubewright/api';
import type { Node } from '@kubewright/api/core/v1';
import {
  annotationOf,
  bindCompleted,
  boundByController,
  defaultClass,
  isClaimedBy,
  selectedNode,
} from './annotations.js';
import type { ReadonlyClaim, ReadonlyStorageClass, ReadonlyVolume } from './annotations.js';
import { matchVolume, mismatchOf } from './match-volume.js';

/** What a claim's author is told, as an Event of the claim. */
export interface ClaimEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

export type ClaimPlan =
  /** Give the claim a class; the change of it brings the next plan. */
  | { readonly do: 'assign-class'; readonly storageClassName: string }
  /** Make, or complete, the binding of the two. Idempotent. */
  | { readonly do: 'bind'; readonly volume: ReadonlyVolume }
  /** Ask an external provisioner for a volume. Idempotent. */
  | { readonly do: 'provision'; readonly provisioner: string }
  /** Leave the claim pending. */
  | { readonly do: 'wait'; readonly event?: ClaimEvent }
  /** The volume that the claim was bound to is gone, or somebody else's. */
  | { readonly do: 'lose'; readonly event: ClaimEvent };

export interface ClaimSurroundings {
  /** The one that the claim names; otherwise those that name it, and those that are free for its class and mode. */
  readonly volumes: readonly ReadonlyVolume[];
  readonly classes: readonly ReadonlyStorageClass[];
  /** The node that the claim's annotation names, where there is one. */
  readonly node?: DeepReadonly<Node> | undefined;
}

/** The plan for one claim. Pure. */
export function planClaim(claim: ReadonlyClaim, surroundings: ClaimSurroundings): ClaimPlan {
  const volumeName = claim.spec?.volumeName;
  const volume = volumeName ? surroundings.volumes.find(({ metadata }) => metadata.name === volumeName) : undefined;
  if (annotationOf(claim, bindCompleted) !== undefined) return planBound(claim, volume);
  return volumeName ? planNamed(claim, volume) : planFree(claim, surroundings);
}

/** The binding was complete once: it holds, or the data is lost. */
function planBound(claim: ReadonlyClaim, volume: ReadonlyVolume | undefined): ClaimPlan {
  const lose = (reason: string, note: string): ClaimPlan => ({ do: 'lose', event: { type: 'Warning', reason, note } });
  if (!claim.spec?.volumeName)
    return lose('ClaimLost', 'The claim no longer names its PersistentVolume: the data on it is lost to the claim');
  if (volume === undefined)
    return lose('ClaimLost', `PersistentVolume ${claim.spec.volumeName} is gone, and the data with it`);
  if (volume.spec?.claimRef === undefined || isClaimedBy(volume, claim)) return { do: 'bind', volume };
  return lose('ClaimMisbound', `PersistentVolume ${claim.spec.volumeName} belongs to another claim`);
}

/** The claim's author, or a binder that was interrupted, chose the volume. */
function planNamed(claim: ReadonlyClaim, volume: ReadonlyVolume | undefined): ClaimPlan {
  if (volume === undefined) return { do: 'wait' };
  if (volume.spec?.claimRef === undefined) {
    const mismatch = mismatchOf(volume, claim);
    if (mismatch === undefined) return { do: 'bind', volume };
    const note = `Cannot bind to requested volume "${volume.metadata.name}": ${mismatch}`;
    return { do: 'wait', event: { type: 'Warning', reason: 'VolumeMismatch', note } };
  }
  if (isClaimedBy(volume, claim)) return { do: 'bind', volume };
  const { namespace, name } = volume.spec.claimRef;
  const isChosen = annotationOf(claim, boundByController) === undefined;
  const note = `volume "${volume.metadata.name}" is bound to claim "${namespace}/${name}" already`;
  return { do: 'wait', event: { type: isChosen ? 'Normal' : 'Warning', reason: 'FailedBinding', note } };
}

function planFree(claim: ReadonlyClaim, { volumes, classes, node }: ClaimSurroundings): ClaimPlan {
  const className = claim.spec?.storageClassName;
  const storageClass = classes.find(({ metadata }) => metadata.name === className);
  const isDelayed =
    storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && annotationOf(claim, selectedNode) === undefined;
  const volume = matchVolume(claim, volumes, { node, onlyPrebound: isDelayed });
  if (volume !== undefined) return { do: 'bind', volume };
  if (isDelayed) {
    const note = 'waiting for first consumer to be created before binding';
    return { do: 'wait', event: { type: 'Normal', reason: 'WaitForFirstConsumer', note } };
  }
  if (className) return planProvisioning(className, storageClass);
  const assigned = className === undefined ? defaultClassOf(classes)?.metadata.name : undefined;
  if (assigned !== undefined) return { do: 'assign-class', storageClassName: assigned };
  const note = 'no persistent volumes available for this claim and no storage class is set';
  return { do: 'wait', event: { type: 'Normal', reason: 'FailedBinding', note } };
}

function planProvisioning(className: string, storageClass: ReadonlyStorageClass | undefined): ClaimPlan {
  const fail = (note: string): ClaimPlan => ({
    do: 'wait',
    event: { type: 'Warning', reason: 'ProvisioningFailed', note },
  });
  if (storageClass === undefined) return fail(`storageclass.storage.k8s.io "${className}" not found`);
  const { provisioner } = storageClass;
  // The prefix is for what was once compiled into Kubernetes itself, and for classes that are never provisioned.
  return provisioner.startsWith('kubernetes.io/')
    ? fail(`no volume was found, and ${provisioner} makes none: create a PersistentVolume of class "${className}"`)
    : { do: 'provision', provisioner };
}

/** The class of claims that name none: the newest that is marked so. */
function defaultClassOf(classes: readonly ReadonlyStorageClass[]): ReadonlyStorageClass | undefined {
  const rank = ({ metadata }: ReadonlyStorageClass): string => metadata.creationTimestamp ?? '';
  return classes
    .filter(({ metadata }) => metadata.annotations?.[defaultClass] === 'true')
    .toSorted((a, b) =>
      rank(a) === rank(b)
        ? (a.metadata.name ?? '').localeCompare(b.metadata.name ?? '')
        : rank(b).localeCompare(rank(a)),
    )[0];
}

/** What to do about a volume, decided from itself and the claim that it names. */
import { annotationOf, boundByController, provisionedBy } from './annotations.js';
import type { ReadonlyClaim, ReadonlyVolume } from './annotations.js';

export type VolumePlan =
  | { readonly do: 'phase'; readonly phase: 'Available' | 'Bound' | 'Released' }
  /** Let go of a claim that chose another volume. A volume whose author named the claim keeps the name. */
  | { readonly do: 'unbind'; readonly keepName: boolean }
  /** The claim has its side of the binding still to write. */
  | { readonly do: 'wait' };

/** The plan for one volume. Pure. @param claim - what has the claimRef's name now, if anything */
export function planVolume(volume: ReadonlyVolume, claim: ReadonlyClaim | undefined): VolumePlan {
  const { claimRef, persistentVolumeReclaimPolicy } = volume.spec ?? {};
  if (!claimRef?.uid) return { do: 'phase', phase: 'Available' };
  // One of the same name that was made later has no right to the data.
  if (claim?.metadata.uid !== claimRef.uid) return { do: 'phase', phase: 'Released' };
  const chosen = claim.spec?.volumeName;
  if (!chosen) return { do: 'wait' };
  if (chosen === volume.metadata.name) return { do: 'phase', phase: 'Bound' };
  // Made for this claim, which took another: nobody else is to find it.
  const isSurplus = annotationOf(volume, provisionedBy) !== undefined && persistentVolumeReclaimPolicy === 'Delete';
  if (isSurplus) return { do: 'phase', phase: 'Released' };
  return { do: 'unbind', keepName: annotationOf(volume, boundByController) === undefined };
}

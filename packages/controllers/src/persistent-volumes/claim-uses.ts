import type { ReadonlyPod } from '../pods/pod-state.js';

export interface ClaimUse {
  readonly name: string;
  /** The claim was made for this pod alone. */
  readonly ephemeral: boolean;
}

/** The claims that a pod names, or that are made for it. */
export function claimUses(pod: ReadonlyPod): ClaimUse[] {
  return (pod.spec?.volumes ?? []).flatMap<ClaimUse>(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [{ name: persistentVolumeClaim.claimName, ephemeral: false }];
    return ephemeral === undefined ? [] : [{ name: ephemeralClaimName(pod, name), ephemeral: true }];
  });
}

/** The claim that is made for an ephemeral volume of a pod. */
export function ephemeralClaimName({ metadata }: ReadonlyPod, volumeName: string): string {
  return `${metadata.name}-${volumeName}`;
}

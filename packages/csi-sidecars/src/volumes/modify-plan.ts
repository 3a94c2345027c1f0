import type { DeepReadonly } from '@kubewright/api';
import type { PersistentVolumeClaim } from '@kubewright/api/core/v1';

export type ModifyPlan =
  | { readonly do: 'nothing' }
  /** The wish was taken back before anything was done about it. */
  | { readonly do: 'cancel' }
  | {
      readonly do: 'modify';
      readonly target: string;
      /** It is written on the claim already that the volume is modified to this. */
      readonly isBegun: boolean;
    };

/**
 * What to do about the VolumeAttributesClass of a bound claim. Pure.
 *
 * @param isUncertain - whether the driver may still be at work on the last modification, or may have done it: then that is
 * finished before anything else is begun.
 */
export function planModify({ spec, status }: DeepReadonly<PersistentVolumeClaim>, isUncertain: boolean): ModifyPlan {
  const wanted = spec?.volumeAttributesClassName ?? '';
  const last = status?.modifyVolumeStatus;
  if (last === undefined && wanted === (status?.currentVolumeAttributesClassName ?? '')) return { do: 'nothing' };
  const isInProgress = last?.status === 'InProgress';
  if (wanted === '' && !isInProgress) return { do: 'cancel' };
  if (isInProgress && (isUncertain || wanted === ''))
    return { do: 'modify', target: last.targetVolumeAttributesClassName ?? '', isBegun: true };
  return { do: 'modify', target: wanted, isBegun: false };
}

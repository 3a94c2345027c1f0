import { Quantity } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { allowModeChange } from '../driver/names.js';

/** What a volume is to begin with, as far as the cluster knows. */
export interface Origin {
  /** For messages. */
  readonly what: string;
  /** 0 where it is not known. */
  readonly bytes: bigint;
  /** Undefined where it is not known. */
  readonly mode: string | undefined;
  /** Whether somebody who may says that the mode may be another. */
  readonly isModeFree: boolean;
}

/**
 * Why a claim cannot have a volume from an origin; undefined where it can. Pure. A file system read as a raw device, or the other
 * way round, lets a pod give the node's kernel what it likes to mount, hence only those who may write contents allow it.
 */
export function checkFit(
  { spec }: DeepReadonly<PersistentVolumeClaim>,
  { what, bytes, mode, isModeFree }: Origin,
): string | undefined {
  const wanted = Quantity.parse(spec?.resources?.requests?.['storage'] ?? '0').value();
  if (wanted < bytes) return `the claim asks for ${wanted} bytes, and ${what} has ${bytes}`;
  const asked = spec?.volumeMode ?? 'Filesystem';
  if (mode === undefined || mode === asked || isModeFree) return undefined;
  return `the claim is of mode ${asked} and ${what} of ${mode}: '${allowModeChange}: "true"' on the content of a snapshot would allow that`;
}

import { hasFinalizer } from '@kubewright/api';
import type { DeepReadonly, ObjectKey } from '@kubewright/api';
import { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import type { Client } from '@kubewright/informer';
import { provisioningFinalizer } from '../driver/names.js';
import { VolumeSnapshot } from './kinds.js';

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;

/** The name of the snapshot, in the claim's namespace, that its volume is made from. */
export function sourceSnapshotOf({ metadata, spec }: ReadonlyClaim): string | undefined {
  const { kind, name, apiGroup } = spec?.dataSourceRef ?? spec?.dataSource ?? {};
  const namespace = spec?.dataSourceRef?.namespace ?? metadata.namespace;
  const isSnapshot = kind === VolumeSnapshot.kind && apiGroup === VolumeSnapshot.group;
  return isSnapshot && namespace === metadata.namespace ? name : undefined;
}

/** The claims that a volume is made for from a snapshot, or may be, whoever makes it. Live. */
export async function restoredClaims(
  client: Client,
  { name, namespace }: ObjectKey,
  signal: AbortSignal,
): Promise<PersistentVolumeClaim[]> {
  const { items } = await client.list(PersistentVolumeClaim, { namespace, signal });
  return items.filter((claim) => sourceSnapshotOf(claim) === name && isUnfinished(claim));
}

function isUnfinished(claim: ReadonlyClaim): boolean {
  return hasFinalizer(claim, provisioningFinalizer) || (claim.status?.phase ?? 'Pending') === 'Pending';
}

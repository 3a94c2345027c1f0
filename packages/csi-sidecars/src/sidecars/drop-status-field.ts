import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import type { ReconcileContext } from '@kubewright/controller';

/** Takes a field off the status of the reconciled object, as an error that is over. `ctx.status` only sets fields. */
export async function dropStatusField<T extends KubeObject>(
  kind: Kind<T>,
  { metadata: { uid } }: DeepReadonly<T>,
  field: string,
  { client, key, signal }: ReconcileContext<T>,
): Promise<void> {
  const patch = { metadata: { uid }, status: { [field]: null } };
  await client.status(kind).patch(key, { type: 'merge', patch }, { signal });
}

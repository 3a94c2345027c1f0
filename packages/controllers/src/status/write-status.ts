import { isNotFound } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import type { ReconcileContext, StatusOf } from '@kubewright/controller';
import { changedFields } from './changed-fields.js';

/**
 * Writes what differs of an object's status, in one request or none. An object that went meanwhile needs no status.
 *
 * @param current - the status that the reconciled object has.
 */
export async function writeStatus<T extends KubeObject>(
  ctx: Pick<ReconcileContext<T>, 'status'>,
  current: { readonly [K in keyof StatusOf<T>]?: unknown } | undefined,
  next: StatusOf<T>,
): Promise<void> {
  const changed = changedFields<StatusOf<T>>(current, next);
  if (changed === undefined) return;
  try {
    await ctx.status(changed);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

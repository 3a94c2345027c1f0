import { isNotFound } from '@kubewright/api';
import type { DeepReadonly, Kind, KubeObject } from '@kubewright/api';
import { requeueAfter } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import type { SnapshotError } from './kinds.js';

/** How soon a cache that is behind is looked into again, in milliseconds. */
const cachePeriod = 1_000;

/** What is told of a snapshot or a group whose content is gone, or another's. */
export interface Loss {
  /** Of the Event, as Kubernetes' own snapshot controller calls it. */
  readonly reason: string;
  readonly message: string;
}

interface Bound extends KubeObject {
  readonly status?: { readonly readyToUse?: boolean; readonly error?: SnapshotError };
}

/**
 * Tells that what a snapshot was bound to is lost: it is not ready any more, and nothing is made in its place. A content that
 * comes back, from a backup for instance, makes it ready again.
 *
 * @param now - milliseconds since the epoch
 */
export async function tellLost<T extends Bound>(
  object: DeepReadonly<T>,
  { reason, message }: Loss,
  now: number,
  ctx: ReconcileContext<T>,
): Promise<undefined> {
  if (object.status?.readyToUse === false && object.status.error?.message === message) return;
  ctx.event('Warning', reason, message);
  const status: NonNullable<Bound['status']> = {
    readyToUse: false,
    error: { message, time: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z') },
  };
  await ctx.status(status as Parameters<typeof ctx.status>[0]);
}

/** The same for a content that the cache does not have: where the server has it, the cache is only behind. */
export async function tellMissing<T extends Bound>(
  object: DeepReadonly<T>,
  content: { readonly kind: Kind; readonly name: string } & Loss,
  now: number,
  ctx: ReconcileContext<T>,
): Promise<Outcome> {
  try {
    await ctx.client.get(content.kind, { name: content.name }, { signal: ctx.signal });
    return requeueAfter(cachePeriod);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return tellLost(object, content, now, ctx);
}

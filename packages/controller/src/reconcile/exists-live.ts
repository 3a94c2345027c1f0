/**
 * What an author of a controller deals with: the base class, what a run is given, and what it says about the next one.
 */
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import { kindOf } from '../custom-resource/custom-resource.js';
import type { Resource } from '../custom-resource/custom-resource.js';
import type { ReconcileContext } from './reconcile-context.js';

/**
 * Whether there is such an object, for decisions that cannot be taken back, as letting something go: the cache answers with
 * yes, and only the server with no, since the cache may not know one yet that was made a moment ago.
 *
 * @param resource - a kind that the controller watches; it needs the right `list`.
 * @param namespace - Default: the reconciled object's, or all where it has none.
 */
export async function existsLive<C extends KubeObject>(
  ctx: Pick<ReconcileContext<KubeObject>, 'list' | 'client' | 'key' | 'signal'>,
  resource: Resource<C>,
  matches: (object: DeepReadonly<C>) => boolean,
  namespace = ctx.key.namespace,
): Promise<boolean> {
  const { client, signal } = ctx;
  if (ctx.list(resource, { namespace }).some(matches)) return true;
  const { items }: { readonly items: readonly unknown[] } = await client.list(kindOf(resource), { namespace, signal });
  return (items as readonly DeepReadonly<C>[]).some(matches);
}

import { isExpired } from '@kubewright/api';
import type { Kind, KubeObject } from '@kubewright/api';
import type { Client } from '../client/client.js';
import { defaultPageSize } from '../client/list-pages.js';
import type { ListOptions } from '../client/options.js';
import { PageWalk } from '../client/page-walk.js';

/** Milliseconds for one page, which may be a whole collection. */
const listTimeout = 5 * 60_000;
/** Five million objects: thirty times what a cluster is meant to hold of one kind (sig-scalability's thresholds). */
const maximalPages = 10_000;

/**
 * Reads a whole collection at one resourceVersion. It asks for pages only where that does not keep the server from
 * answering out of its watch cache (resourceVersion none or `0`). Where a page comes too late for its snapshot, everything
 * is read anew in one piece.
 */
export async function listCollection<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  options: ListOptions,
  resourceVersion: string,
): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }> {
  const base: ListOptions = { ...options, timeout: listTimeout };
  const version: ListOptions = resourceVersion === '' ? {} : { resourceVersion };
  const isPaged = resourceVersion === '' || resourceVersion === '0';
  let list = await client.list(
    kind,
    isPaged
      ? { ...base, ...version, limit: defaultPageSize }
      : { ...base, ...version, resourceVersionMatch: 'NotOlderThan' },
  );
  const walk = new PageWalk(kind.plural, maximalPages);
  const items = walk.fresh(list);
  for (let next = await walk.next(list); next !== undefined; next = await walk.next(list)) {
    try {
      list = await client.list(kind, { ...base, limit: defaultPageSize, continue: next });
    } catch (error) {
      if (!isExpired(error)) throw error;
      const whole = await client.list(kind, base);
      return { items: whole.items, resourceVersion: whole.metadata.resourceVersion ?? '' };
    }
    for (const item of walk.fresh(list)) items.push(item);
  }
  return { items, resourceVersion: list.metadata.resourceVersion ?? '' };
}

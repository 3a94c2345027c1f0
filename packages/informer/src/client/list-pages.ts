import { isExpired } from '@kubewright/api';
import type { KubeList, KubeObject } from '@kubewright/api';
import type { ListOptions } from './options.js';
import { PageWalk } from './page-walk.js';

/** The page size of client-go's pager. */
export const defaultPageSize = 500;

/** Walks the pages of a listing. */
export async function* listAllPages<T extends KubeObject>(
  plural: string,
  options: ListOptions,
  list: (page: ListOptions) => Promise<KubeList<T>>,
): AsyncGenerator<T, void> {
  const walk = new PageWalk(plural);
  let page: ListOptions = { limit: defaultPageSize, ...options };
  for (;;) {
    let answer: KubeList<T>;
    try {
      answer = await list(page);
    } catch (error) {
      if (page.continue === undefined || !isExpired(error)) throw error;
      answer = await list({ ...page, continue: undefined, limit: undefined });
    }
    yield* walk.fresh(answer);
    const next = await walk.next(answer);
    if (next === undefined) return;
    // The token carries the resourceVersion: the server refuses both together.
    page = { ...page, continue: next, resourceVersion: undefined, resourceVersionMatch: undefined };
  }
}

import { apiVersionOf, isExpired } from '@kubewright/api';
import type { Kind, KubeList, KubeObject } from '@kubewright/api';
import type { ListOptions } from './options.js';

/** The page size of client-go's pager. */
export const defaultPageSize = 500;

/** Walks the pages of a listing. */
export async function* listAllPages<T extends KubeObject>(
  options: ListOptions,
  list: (page: ListOptions) => Promise<KubeList<T>>,
): AsyncGenerator<T, void> {
  let page: ListOptions = { limit: defaultPageSize, ...options };
  const seen = new Set<string | undefined>();
  for (;;) {
    let answer: KubeList<T>;
    try {
      answer = await list(page);
    } catch (error) {
      if (page.continue === undefined || !isExpired(error)) throw error;
      answer = await list({ ...page, continue: undefined, limit: undefined });
    }
    for (const item of answer.items) {
      if (seen.has(item.metadata.uid)) continue;
      seen.add(item.metadata.uid);
      yield item;
    }
    const next = answer.metadata.continue;
    if (next === undefined || next === '') return;
    // The token carries the resourceVersion: the server refuses both together.
    page = { ...page, continue: next, resourceVersion: undefined, resourceVersionMatch: undefined };
  }
}

/** Gives items of a list the type that the list's own header tells, first as in a single object. */
export function typed<T extends KubeObject>(kind: Kind<T>, items: readonly T[]): T[] {
  const header = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  return items.map((item) => ({ ...header, ...item }));
}

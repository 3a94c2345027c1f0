import type { Clock } from '@kubewright/core';
import { nextTurn } from '@kubewright/core/async';
import { errors } from '../errors.js';
import { prefixEnd } from '../sorted-map/sorted-map.js';
import type { SortedView } from '../sorted-map/sorted-map.js';
import { ExpiredListError, revisionTooLarge } from './status-errors.js';
import type { CachedObject } from './cached-object.js';
import { decodeContinue, encodeContinue } from './continue-token.js';
import type { ListOptions } from './list-options.js';
import type { Matcher } from './matcher.js';
import type { ResourceCache } from './resource-cache.js';
import type { WatchCache } from './watch-cache.js';

export interface ListResult {
  /** The same on all pages of a list. */
  readonly revision: bigint;
  /** Empty on the last page. */
  readonly continue: string;
  /** How many objects are left, where it is known. */
  readonly remaining: number | undefined;
  /** The objects in key order. The event loop gets its turn between two pieces. */
  readonly pieces: AsyncIterable<readonly CachedObject[]>;
}

/** How long a read waits for a revision that the cache has not seen yet. */
export const freshnessWait = 3_000;
/** So many objects are looked at without a pause, or so many bytes of them. */
const pieceSize = 500;
const pieceBytes = 1024 * 1024;

type Source = { readonly revision: bigint; readonly view: SortedView<CachedObject> | undefined };

/**
 * Lists what matches, as of one revision.
 *
 * @throws 400 for a foreign continue token; 410 where the wanted revision is no longer there, with a token to go on
 * without consistency; 504 where the wanted revision is not there yet.
 */
export async function listObjects(
  cache: WatchCache,
  resource: ResourceCache,
  matcher: Matcher,
  options: ListOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<ListResult> {
  const next = options.continue === '' ? undefined : decodeContinue(options.continue);
  const start = matcher.prefix + (next?.start ?? '');
  const token = next && encodeContinue({ revision: undefined, start: next.start });
  const source = await sourceOf(cache, resource, options, next, clock, signal);
  const pieces = piecesOf(cache, resource, matcher, source, start, signal, token);
  if (options.limit <= 0) return { revision: source.revision, continue: '', remaining: undefined, pieces };

  const found: CachedObject[] = [];
  for await (const piece of pieces) {
    found.push(...piece);
    if (found.length > options.limit) break;
  }
  const page = found.slice(0, options.limit);
  const following = found[options.limit];
  const result = { revision: source.revision, pieces: once(page) };
  if (following === undefined) return { ...result, continue: '', remaining: undefined };
  if (source.view !== undefined) resource.remember(source.revision, source.view);
  return {
    ...result,
    continue: encodeContinue({ revision: source.revision, start: following.key.slice(matcher.prefix.length) }),
    remaining: matcher.selects ? undefined : source.view?.count(following.key, prefixEnd(matcher.prefix)),
  };
}

async function sourceOf(
  cache: WatchCache,
  resource: ResourceCache,
  options: ListOptions,
  next: { readonly revision: bigint | undefined } | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<Source> {
  const exact = next?.revision ?? exactRevision(options);
  if (exact !== undefined) {
    await waitForRevision(cache, exact, clock, signal);
    return { revision: exact, view: resource.stateAt(exact) };
  }
  if (options.resourceVersion === '') await cache.catchUp(signal);
  else await waitForRevision(cache, BigInt(options.resourceVersion), clock, signal);
  return { revision: cache.revision, view: resource.snapshot() };
}

/** Without a match, a limit makes a resourceVersion exact: the way it was before the match existed. */
function exactRevision({ resourceVersion, resourceVersionMatch, limit }: ListOptions): bigint | undefined {
  const exact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit > 0);
  return exact && resourceVersion !== '' && resourceVersion !== '0' ? BigInt(resourceVersion) : undefined;
}

/** @throws 504 where the revision does not appear in time. */
export async function waitForRevision(
  cache: WatchCache,
  revision: bigint,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (cache.revision >= revision) return;
  const late = new AbortController();
  using _timer = clock.setTimer(freshnessWait, () => late.abort(revisionTooLarge(revision, cache.revision)));
  await cache.waitFor(revision, AbortSignal.any([signal, late.signal]));
}

async function* piecesOf(
  cache: WatchCache,
  resource: ResourceCache,
  matcher: Matcher,
  { revision, view }: Source,
  start: string,
  signal: AbortSignal,
  expiredToken: string | undefined,
): AsyncGenerator<readonly CachedObject[]> {
  const selects = matcher.selects ?? (() => true);
  if (view === undefined) {
    for (let from = start, more = true; more;) {
      const page = await cache.storage
        .list(matcher.prefix, { revision, start: from, limit: pieceSize })
        .catch((error: unknown) => {
          throw errors.COMPACTED.is(error) ? new ExpiredListError(expiredToken) : error;
        });
      yield page.entries.map((entry) => resource.read(entry)).filter(selects);
      from = `${page.entries.at(-1)?.key ?? from}\0`;
      more = page.more;
    }
    return;
  }
  let piece: CachedObject[] = [];
  let seen = 0;
  let bytes = 0;
  for (const object of view.range(start, prefixEnd(matcher.prefix))) {
    if (selects(object)) piece.push(object);
    bytes += object.bytes.length;
    if (++seen < pieceSize && bytes < pieceBytes) continue;
    yield piece;
    piece = [];
    seen = bytes = 0;
    await nextTurn();
    signal.throwIfAborted();
  }
  yield piece;
}

async function* once(page: readonly CachedObject[]): AsyncGenerator<readonly CachedObject[]> {
  await Promise.resolve();
  yield page;
}

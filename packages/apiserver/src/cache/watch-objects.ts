import { statusErrors } from '@kubewright/api';
import type { Clock, Random } from '@kubewright/core';
import { nextTurn } from '@kubewright/core/async';
import { asBuffer } from '../object/object-bytes.js';
import { prefixEnd } from '../sorted-map/sorted-map.js';
import { frameOf } from './cache-event.js';
import type { CacheEvent } from './cache-event.js';
import type { CachedObject, ObjectEncoding } from './cached-object.js';
import { waitForRevision } from './list-objects.js';
import type { ListOptions } from './list-options.js';
import type { Matcher } from './matcher.js';
import type { ResourceCache } from './resource-cache.js';
import type { WatchCache } from './watch-cache.js';

export interface WatchEncoding extends ObjectEncoding {
  /** The encoding of a stream's first event, where it says more than the others. */
  readonly first?: ObjectEncoding;
  /** An object that tells a resourceVersion and nothing else. */
  bookmark(revision: bigint, initialEventsEnd: boolean): Uint8Array;
}

export interface WatchOptions extends ListOptions {
  readonly allowBookmarks: boolean;
  /** 0 for the server's choice: between 30 and 60 minutes. */
  readonly timeoutSeconds: number;
}

export interface WatchServices {
  readonly cache: WatchCache;
  readonly clock: Clock;
  readonly random: Random;
}

const bookmarkInterval = 60_000;
const minimumTimeout = 1_800_000;
/** Frames are joined up to this size before they are handed on. */
const chunkBytes = 256 * 1024;
/** So many bytes of objects are looked at without a pause. */
const lookedBytes = 1024 * 1024;
/** So many events are looked at without a pause. */
const maximumEvents = 500;

/**
 * Starts a watch. The returned stream yields whole frames, several joined where they were ready together; it ends at its
 * timeout, and when the reader falls behind the cache's history. It must be iterated once; returning it early frees it.
 *
 * @throws 504 where the wanted revision does not appear; a revision that is too old is told inside the stream.
 */
export async function watchObjects(
  services: WatchServices,
  resource: ResourceCache,
  matcher: Matcher,
  options: WatchOptions,
  encoding: WatchEncoding,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { cache, clock } = services;
  const { resourceVersion: wanted, sendInitialEvents } = options;
  const anyState = wanted === '' || wanted === '0';
  const initial = sendInitialEvents ?? anyState;
  if (wanted === '') await cache.catchUp(signal);
  else if (initial) await waitForRevision(cache, BigInt(wanted), clock, signal);
  if (initial || anyState) {
    const view = initial ? resource.snapshot() : undefined;
    return new WatchStream(services, resource, matcher, options, encoding, signal, {
      position: resource.history.end,
      after: cache.revision,
      initial: view?.range(matcher.prefix, prefixEnd(matcher.prefix)),
    });
  }
  const after = BigInt(wanted);
  const position = resource.history.positionAfter(after);
  if (position === undefined) return tooOld(after, resource.history.start);
  return new WatchStream(services, resource, matcher, options, encoding, signal, {
    position,
    after,
    initial: undefined,
  });
}

async function* tooOld(wanted: bigint, start: bigint): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  const status = statusErrors.expired(`too old resource version: ${wanted} (${start})`).toStatus();
  yield Buffer.from(`{"type":"ERROR","object":${JSON.stringify(status)}}\n`);
}

interface StartingPoint {
  /** The number of the first event to show. */
  readonly position: number;
  /** Events up to this revision are not shown: they are part of the initial state, or the client knows them. */
  readonly after: bigint;
  readonly initial: Iterable<CachedObject> | undefined;
}

class WatchStream implements AsyncIterable<Uint8Array> {
  readonly #whole: boolean;
  readonly #generation: number;
  #position: number;
  #bookmarkDue = false;
  #begun = false;

  constructor(
    private readonly services: WatchServices,
    private readonly resource: ResourceCache,
    private readonly matcher: Matcher,
    private readonly options: WatchOptions,
    private readonly encoding: WatchEncoding,
    private readonly signal: AbortSignal,
    private readonly from: StartingPoint,
  ) {
    this.#whole = matcher.selects === undefined && matcher.prefix === resource.prefix;
    this.#generation = resource.generation;
    this.#position = from.position;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { clock, random, cache } = this.services;
    const end = new AbortController();
    const either = AbortSignal.any([this.signal, end.signal]);
    const lifetime = this.options.timeoutSeconds * 1000 || minimumTimeout * (1 + random.next());
    using _deadline = clock.setTimer(lifetime, () => end.abort());
    using _bookmarks = this.#remindOfBookmarks(clock);
    if (this.from.initial !== undefined) {
      yield* this.#initialFrames(this.from.initial);
      if (this.options.sendInitialEvents === true && this.options.allowBookmarks)
        yield this.#bookmark(this.from.after, true);
    }
    while (!this.signal.aborted && this.resource.generation === this.#generation) {
      const events = this.resource.history.from(this.#position, maximumEvents);
      // Events were dropped before this reader got to them: it starts again from what it saw last.
      if (events === undefined) return;
      const [first] = events;
      if (first !== undefined) {
        const fresh = first.revision > this.from.after;
        const chunk =
          this.#whole && fresh && (this.#begun || this.encoding.first === undefined)
            ? this.#sharedChunk(events)
            : this.#chunk(events);
        if (chunk.length > 0) yield chunk;
        else await nextTurn();
        continue;
      }
      if (end.signal.aborted) {
        if (this.options.allowBookmarks) yield this.#bookmark(cache.revision, false);
        return;
      }
      if (this.#bookmarkDue) {
        this.#bookmarkDue = false;
        yield this.#bookmark(cache.revision, false);
      } else await this.resource.changed(either);
    }
  }

  /** Sets a flag every minute and wakes the stream, which sends the bookmark once it has no events left to send. */
  #remindOfBookmarks(clock: Clock): Disposable {
    if (!this.options.allowBookmarks) return { [Symbol.dispose]: () => undefined };
    let timer = clock.setTimer(bookmarkInterval, () => remind());
    const remind = (): void => {
      this.#bookmarkDue = true;
      this.resource.wake();
      timer = clock.setTimer(bookmarkInterval, remind);
    };
    return { [Symbol.dispose]: () => timer.cancel() };
  }

  #nextEncoding(): ObjectEncoding {
    const encoding = this.#begun ? this.encoding : (this.encoding.first ?? this.encoding);
    this.#begun = true;
    return encoding;
  }

  #bookmark(revision: bigint, initialEventsEnd: boolean): Uint8Array {
    return frameOf('BOOKMARK', this.encoding.bookmark(revision, initialEventsEnd));
  }

  async *#initialFrames(objects: Iterable<CachedObject>): AsyncGenerator<Uint8Array> {
    const { selects } = this.matcher;
    let frames: Uint8Array[] = [];
    let size = 0;
    let seen = 0;
    let looked = 0;
    for (const object of objects) {
      looked += object.bytes.length;
      if (selects === undefined || selects(object)) {
        const frame = frameOf('ADDED', object.encode(this.#nextEncoding()));
        frames.push(frame);
        size += frame.length;
      }
      if (size < chunkBytes && looked < lookedBytes && ++seen < maximumEvents) continue;
      if (frames.length > 0) yield Buffer.concat(frames);
      frames = [];
      size = looked = seen = 0;
      await nextTurn();
      if (this.signal.aborted) return;
    }
    if (frames.length > 0) yield Buffer.concat(frames);
  }

  /** Watchers of everything that are at the same place get the same bytes. */
  #sharedChunk(events: readonly CacheEvent[]): Uint8Array {
    const shared = this.resource.shared(`${this.#position} ${events.length} ${this.encoding.id}`);
    if (shared.chunk === undefined) {
      shared.chunk = this.#chunk(events);
      shared.next = this.#position;
    }
    this.#position = shared.next;
    return shared.chunk;
  }

  /** Frames of the first of these events, as many as fit into a chunk; moves the position behind them. */
  #chunk(events: readonly CacheEvent[]): Uint8Array {
    const frames: Buffer[] = [];
    let size = 0;
    for (const event of events) {
      this.#position++;
      if (event.revision <= this.from.after) continue;
      const type = event.typeFor(this.matcher);
      if (type === undefined) continue;
      const frame = event.frame(type, this.#nextEncoding());
      frames.push(asBuffer(frame));
      size += frame.length;
      if (size >= chunkBytes) break;
    }
    const [first, second] = frames;
    return first !== undefined && second === undefined ? first : Buffer.concat(frames, size);
  }
}

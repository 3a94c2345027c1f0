/**
 * The server's memory: the newest state of every object as bytes, and the recent changes. Lists and watches are served
 * from here; it follows one watch on the storage. It knows resources by the prefix of their keys alone.
 */
import { asBuffer } from '../object/object-bytes.js';
import type { CachedObject, ObjectEncoding } from './cached-object.js';
import { matches } from './matcher.js';
import type { FrameStore } from './frame-store.js';
import type { Matcher } from './matcher.js';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

const tail = Buffer.from('}\n');
const heads = {
  ADDED: headOf('ADDED'),
  MODIFIED: headOf('MODIFIED'),
  DELETED: headOf('DELETED'),
  BOOKMARK: headOf('BOOKMARK'),
};

/** One change of one object. */
export class CacheEvent {
  readonly #frames: FrameStore;
  #removed: CachedObject | undefined;

  /**
   * @param object - the new state; undefined where the object was deleted.
   * @param at - the clock's monotonic milliseconds, for the age of history.
   * @param frames - where the frames of its resource are kept for a while.
   */
  constructor(
    readonly revision: bigint,
    readonly object: CachedObject | undefined,
    readonly previous: CachedObject | undefined,
    readonly at: number,
    frames: FrameStore,
  ) {
    this.#frames = frames;
  }

  /** What the event keeps alive. */
  get bytes(): number {
    return (this.object?.bytes.length ?? 0) + (this.previous?.bytes.length ?? 0);
  }

  /** What the change is to a watcher: an object that leaves the selection is deleted as far as it can tell. */
  typeFor(matcher: Matcher): EventType | undefined {
    const now = this.object !== undefined && matches(matcher, this.object);
    const before = this.previous !== undefined && matches(matcher, this.previous);
    if (now) return before ? 'MODIFIED' : 'ADDED';
    return before ? 'DELETED' : undefined;
  }

  /** The event as a line of the stream; made once for all who want it in this form at the time. */
  frame(type: EventType, encoding: ObjectEncoding): Uint8Array {
    return this.#frames.get(`${this.revision} ${type} ${encoding.id}`, () =>
      frameOf(type, this.#shown(type).encode(encoding)),
    );
  }

  #shown(type: EventType): CachedObject {
    if (type !== 'DELETED') return this.object as CachedObject;
    this.#removed ??= (this.previous as CachedObject).at(this.revision);
    return this.#removed;
  }
}

export function frameOf(type: EventType | 'BOOKMARK', object: Uint8Array): Uint8Array {
  return Buffer.concat([heads[type], asBuffer(object), tail]);
}

function headOf(type: string): Buffer {
  return Buffer.from(`{"type":"${type}","object":`);
}

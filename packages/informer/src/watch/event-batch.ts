/**
 * Decoding of watch streams: from chunks of bytes to lines, from lines to the keys they are about, and to objects only
 * where somebody needs them. Pure: no connection, no retry (see `reflector`).
 */
import { formatObjectKey } from '@kubewright/api';
import type { RawEvent } from './raw-event.js';

/** Events to apply together. Their order is by key: only the batch as a whole has a resourceVersion. */
export interface TakenBatch {
  readonly events: readonly RawEvent[];
  /** That of the newest event or bookmark: whoever applied the whole batch is complete up to it. Empty where none had one. */
  readonly resourceVersion: string;
  /** How many events were merged into newer ones. */
  readonly merged: number;
}

/**
 * The events of a stream that nobody has applied yet, in order. Of consecutive updates of one object (same key, same uid)
 * only the newest stays, in the place of the first, unless the later one is older; a delete is never merged with anything, so neither the end of an
 * object nor its re-creation is lost.
 */
export class EventBatch {
  readonly #events: RawEvent[] = [];
  readonly #newest = new Map<string, number>();
  #merged = 0;
  #bytes = 0;
  #resourceVersion = '';

  add(event: RawEvent): void {
    if (event.resourceVersion !== '') this.#resourceVersion = event.resourceVersion;
    if (event.type === 'BOOKMARK' || event.type === 'ERROR') {
      this.#append(event);
      return;
    }
    const key = formatObjectKey(event);
    const at = this.#newest.get(key);
    const before = at === undefined ? undefined : this.#events[at];
    if (
      at !== undefined &&
      before !== undefined &&
      before.type !== 'DELETED' &&
      event.type !== 'DELETED' &&
      before.uid === event.uid &&
      !goesBack(before.resourceVersion, event.resourceVersion)
    ) {
      // The first event's type is kept: what was added and then modified still appears as added.
      this.#events[at] = { ...event, type: before.type };
      this.#bytes += event.line.length - before.line.length;
      this.#merged++;
      return;
    }
    this.#newest.set(key, this.#events.length);
    this.#append(event);
  }

  get size(): number {
    return this.#events.length;
  }

  /** The length of the lines held, in UTF-16 units. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Hands the events over and starts anew. */
  take(): TakenBatch {
    const taken = { events: this.#events.splice(0), resourceVersion: this.#resourceVersion, merged: this.#merged };
    this.#newest.clear();
    this.#merged = 0;
    this.#bytes = 0;
    this.#resourceVersion = '';
    return taken;
  }

  #append(event: RawEvent): void {
    this.#events.push(event);
    this.#bytes += event.line.length;
  }
}

/** Whether a decimal version is lower than the one before: what goes back must be seen by who applies it, and not be merged away. */
function goesBack(before: string, now: string): boolean {
  return now.length < before.length || (now.length === before.length && now < before);
}

import type { JsonObject } from '@kubewright/api';
import { Clock, inject, Plugin } from '@kubewright/core';
import type { Lifecycle, Timer } from '@kubewright/core';
import { nextTurn } from '@kubewright/core/async';
import { WatchCache } from '../cache/watch-cache.js';
import { isJsonObject, metadataOf } from '../object/object-bytes.js';
import { storagePrefix } from '../registry/served-resource.js';

/** Events go so long after they were last seen: upstream's default. */
const lifetime = 3_600_000;
const interval = 60_000;
/** So many events are looked at without a pause. */
const pieceSize = 200;

/** Removes old events, of which a cluster makes more than of anything else. */
@Plugin({ name: 'event-expiry' })
export class EventExpiry implements Lifecycle {
  readonly #cache: WatchCache;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(@inject(WatchCache) cache: WatchCache, @inject(Clock) clock: Clock) {
    this.#cache = cache;
    this.#clock = clock;
  }

  start(): Promise<void> {
    this.#timer = this.#arm();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#timer?.cancel();
    return Promise.resolve();
  }

  #arm(): Timer {
    // What fails now is tried again with the next round.
    return this.#clock.setTimer(interval, () => void this.#sweep().catch(() => undefined), { ref: false });
  }

  async #sweep(): Promise<void> {
    this.#timer = this.#arm();
    const limit = new Date(this.#clock.now() - lifetime).toISOString();
    let seen = 0;
    for (const object of this.#cache.resource(storagePrefix('', 'events')).snapshot().range('', '\uffff')) {
      if (lastSeen(object.parse()) < limit) await this.#cache.storage.delete(object.key, object.revision);
      if (++seen % pieceSize === 0) await nextTurn();
    }
  }
}

/** The newest of an event's times. They compare as texts. */
function lastSeen(event: JsonObject): string {
  const series = isJsonObject(event['series']) ? event['series']['lastObservedTime'] : undefined;
  const times = [metadataOf(event)['creationTimestamp'], event['lastTimestamp'], event['eventTime'], series];
  return times.filter((time) => typeof time === 'string').reduce((newest, time) => (time > newest ? time : newest), '');
}

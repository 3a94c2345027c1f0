import { Fifo } from './fifo.js';

/** What a `ReadyQueue` orders. The queue keeps `place`. */
export interface ReadyItem {
  priority: number;
  readonly fairness: string;
  /** When it became ready, on a monotonic clock. */
  readyAt: number;
  /** Where the item stands; entries of the lists that are not it are leftovers. */
  place: object | undefined;
}

interface Entry<I> {
  readonly item: I;
}

interface Level<I> {
  readonly priority: number;
  /** First come, first served within a fairness key. */
  readonly groups: Map<string, Fifo<Entry<I>>>;
  /** The fairness keys that have items, next to be served first. */
  readonly turns: Fifo<string>;
  size: number;
}

/** A lower level whose oldest item waits longer than this gets a turn … */
const ageingAfter = 5000;
/** … at every so many-th take. */
const ageingTurn = 10;

/**
 * The items that may be taken now: higher priority first, within a priority the fairness keys in turn, within a fairness
 * key in the order in which they became ready. Under constant load from above, an item that has waited 5 s gets every tenth
 * turn, oldest first, so that nothing starves.
 */
export class ReadyQueue<I extends ReadyItem> {
  /** By priority, highest first. There are few. */
  readonly #levels: Level<I>[] = [];
  #size = 0;
  #takes = 0;

  get size(): number {
    return this.#size;
  }

  /** How many items of a priority are ready. */
  sizeOf(priority: number): number {
    return this.#levels.find((level) => level.priority === priority)?.size ?? 0;
  }

  add(item: I): void {
    const level = this.#level(item.priority);
    const entry = { item };
    item.place = entry;
    let group = level.groups.get(item.fairness);
    if (group === undefined) {
      group = new Fifo();
      level.groups.set(item.fairness, group);
      level.turns.push(item.fairness);
    }
    group.push(entry);
    level.size++;
    this.#size++;
  }

  /** Moves a ready item to the end of a higher level. */
  raise(item: I, priority: number, readyAt: number): void {
    const level = this.#level(item.priority);
    level.size--;
    this.#size--;
    item.priority = priority;
    item.readyAt = readyAt;
    this.add(item);
  }

  take(now: number): I | undefined {
    if (this.#size === 0) return undefined;
    this.#takes++;
    const level =
      (this.#takes % ageingTurn === 0 ? this.#starving(now) : undefined) ?? this.#levels.find(({ size }) => size > 0);
    return level && this.#takeFrom(level);
  }

  clear(): void {
    this.#levels.length = 0;
    this.#size = 0;
  }

  #takeFrom(level: Level<I>): I | undefined {
    for (let fairness = level.turns.shift(); fairness !== undefined; fairness = level.turns.shift()) {
      const group = level.groups.get(fairness);
      const head = group && freshHead(group);
      if (group === undefined || head === undefined) {
        level.groups.delete(fairness);
        continue;
      }
      group.shift();
      if (freshHead(group) === undefined) level.groups.delete(fairness);
      else level.turns.push(fairness);
      head.place = undefined;
      level.size--;
      this.#size--;
      return head;
    }
    return undefined;
  }

  /** Below the highest level with items, the one whose next item has waited longest, if that is too long. */
  #starving(now: number): Level<I> | undefined {
    let found: Level<I> | undefined;
    let oldest = now - ageingAfter;
    let isBelow = false;
    for (const level of this.#levels) {
      if (level.size === 0) continue;
      const fairness = level.turns.first;
      const head = fairness === undefined ? undefined : level.groups.get(fairness);
      const next = head && freshHead(head);
      if (isBelow && next !== undefined && next.readyAt <= oldest) {
        oldest = next.readyAt;
        found = level;
      }
      isBelow = true;
    }
    return found;
  }

  #level(priority: number): Level<I> {
    const at = this.#levels.findIndex((level) => level.priority <= priority);
    const known = at === -1 ? undefined : this.#levels[at];
    if (known?.priority === priority) return known;
    const level: Level<I> = { priority, groups: new Map(), turns: new Fifo(), size: 0 };
    this.#levels.splice(at === -1 ? this.#levels.length : at, 0, level);
    return level;
  }
}

/** The first item of a group that still stands there; what was raised away since is dropped. */
function freshHead<I extends ReadyItem>(group: Fifo<Entry<I>>): I | undefined {
  for (let entry = group.first; entry !== undefined; entry = group.first) {
    if (entry.item.place === entry) return entry.item;
    group.shift();
  }
  return undefined;
}

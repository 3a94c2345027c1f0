import { describe, expect, it } from 'vitest';
import { CacheEvent } from './cache-event.js';
import { CachedObject } from './cached-object.js';
import { FrameStore } from './frame-store.js';
import { HistoryBudget } from './history-budget.js';
import { History } from './history.js';

const mebibyte = 1024 * 1024;
const frames = new FrameStore();

function fill(history: History, from: number, count: number, size: number): void {
  for (let n = 0; n < count; n++) {
    const revision = BigInt(from + n);
    const stored = Buffer.from(`{"metadata":{"name":"a"},"data":"${'x'.repeat(size)}"}`);
    const object = CachedObject.ofStored('/a', stored, revision, () => ({}));
    history.append(new CacheEvent(revision, object, undefined, 0, frames));
    history.trim(0);
  }
}

describe('History', () => {
  it('holds so many bytes, however few events those are', () => {
    const history = new History(0n, new HistoryBudget());
    fill(history, 1, 400, mebibyte);
    const kept = history.from(history.end - 50, 1000);
    expect(kept?.length).toBe(50);
    expect(history.positionAfter(200n)).toBeUndefined();
    const start = Number(history.start);
    expect(history.from(history.positionAfter(history.start) ?? 0, 1000)?.length).toBe(400 - start);
    expect(400 - start).toBeLessThanOrEqual(128);
  });

  it('leaves the changes of one resource alone where another one is large', () => {
    const budget = new HistoryBudget();
    const [small, large] = [new History(0n, budget), new History(0n, budget)];
    fill(small, 1, 1000, 1000);
    fill(large, 1001, 300, mebibyte);
    fill(small, 2000, 10, 1000);
    expect(small.start).toBe(0n);
    large.drop();
    const other = new History(0n, budget);
    fill(other, 3000, 100, mebibyte);
    expect(other.start).toBe(0n);
  });
});

describe('FrameStore', () => {
  it('makes a frame once, until it is cleared, and keeps so many bytes', () => {
    const store = new FrameStore();
    const make = (size: number) => () => new Uint8Array(size);
    const first = store.get('a', make(10));
    expect(store.get('a', make(10))).toBe(first);
    store.get('large', make(8 * mebibyte));
    expect(store.get('a', make(10))).not.toBe(first);
  });
});

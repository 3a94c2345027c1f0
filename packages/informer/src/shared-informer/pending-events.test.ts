import type { Pod } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import type { InformerEvent } from './informer-event.js';
import { PendingEvents } from './pending-events.js';

const event = (
  type: InformerEvent<Pod>['type'],
  name: string,
  uid: string,
  resourceVersion = '1',
): InformerEvent<Pod> => ({
  type,
  key: name,
  object: { apiVersion: 'v1', kind: 'Pod', metadata: { name, uid, resourceVersion } },
  old: undefined,
  isInInitialList: false,
  finalStateUnknown: false,
});
function drain(pending: PendingEvents<Pod>): string[] {
  const told: string[] = [];
  for (let next = pending.take(); next !== undefined; next = pending.take())
    told.push(`${next.type} ${next.object.metadata.uid} ${next.object.metadata.resourceVersion}`);
  return told;
}

describe('PendingEvents', () => {
  it('merges changes into what waits and keeps lives apart', () => {
    const pending = new PendingEvents<Pod>();
    for (const next of [
      event('added', 'a', 'u1'),
      event('modified', 'a', 'u1', '2'),
      event('deleted', 'a', 'u1', '3'),
      event('added', 'a', 'u2', '4'),
      event('modified', 'a', 'u2', '5'),
    ])
      pending.add(next);
    expect(drain(pending)).toEqual(['added u1 2', 'deleted u1 3', 'added u2 5']);
  });

  it('holds a bounded number of events per key: past it, the oldest lives that came and went are left out', () => {
    const pending = new PendingEvents<Pod>();
    pending.add(event('modified', 'a', 'first'));
    for (let life = 0; life < 1000; life++) {
      pending.add(event('deleted', 'a', life === 0 ? 'first' : `u${life}`));
      pending.add(event('added', 'a', `u${life + 1}`));
    }
    const told = drain(pending);
    expect(told.length).toBeLessThanOrEqual(16);
    expect(told.slice(0, 2)).toEqual(['modified first 1', 'deleted first 1']);
    expect(told.at(-1)).toBe('added u1000 1');
  });

  it('stays in order and complete over many events', () => {
    const pending = new PendingEvents<Pod>();
    const told: string[] = [];
    for (let at = 0; at < 10_000; at++) {
      pending.add(event('added', `k${at}`, `u${at}`));
      if (at % 3 === 0) told.push(pending.take()?.object.metadata.uid ?? '');
    }
    for (let next = pending.take(); next !== undefined; next = pending.take())
      told.push(next.object.metadata.uid ?? '');
    expect(told).toEqual(Array.from({ length: 10_000 }, (_, at) => `u${at}`));
    expect(pending.has('k1')).toBe(false);
  });
});

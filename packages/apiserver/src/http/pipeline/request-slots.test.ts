import { describe, expect, it } from 'vitest';
import type { User } from '../../auth/authenticator.js';
import { BodyStore } from './body-store.js';
import { requestInfo } from '../request-info.js';
import { RequestSlots } from './request-slots.js';

const user = (name: string, ...groups: string[]): User => ({ name, groups });
const maps = requestInfo('POST', '/api/v1/namespaces/default/configmaps', new URLSearchParams());
const lease = requestInfo('PUT', '/apis/coordination.k8s.io/v1/namespaces/a/leases/x', new URLSearchParams());

/** How many slots somebody gets before he is refused. */
function most(slots: RequestSlots, who: User, info = maps): number {
  for (let taken = 0; ; taken++) {
    try {
      slots.take('mutating', who, info);
    } catch {
      return taken;
    }
  }
}

describe('RequestSlots', () => {
  it('leaves room for others, for Leases and for the system', () => {
    const slots = new RequestSlots({ reading: 400, mutating: 200 });
    expect(most(slots, user('eve'))).toBe(75);
    expect(most(slots, user('mallory'))).toBe(75);
    expect(most(slots, user('jane'))).toBe(0);
    expect(most(slots, user('jane'), lease)).toBe(25);
    expect(most(slots, user('system:node:a', 'system:nodes'), lease)).toBe(25);
    expect(most(slots, user('admin', 'system:masters'))).toBe(0);
  });

  it('gives slots back', () => {
    const slots = new RequestSlots({ reading: 1, mutating: 1 });
    const taken = slots.take('mutating', user('jane'), maps);
    expect(() => slots.take('mutating', user('jane'), maps)).toThrow('too many requests');
    taken[Symbol.dispose]();
    using _again = slots.take('mutating', user('jane'), maps);
    using _other = slots.take('reading', user('jane'), maps);
  });
});

describe('BodyStore', () => {
  it('holds so many bytes for a user, for all, and any for the system', () => {
    const bodies = new BodyStore();
    const body = 3 * 1024 * 1024;
    const held = Array.from({ length: 21 }, () => bodies.hold(user('eve')));
    for (const each of held) each.add(body);
    expect(() => bodies.hold(user('eve')).add(body)).toThrow('too many bodies');
    for (const name of ['a', 'b', 'c']) for (let n = 0; n < 21; n++) bodies.hold(user(name)).add(body);
    expect(() => {
      for (let n = 0; n < 3; n++) bodies.hold(user('jane')).add(body);
    }).toThrow('too many bodies');
    bodies.hold(user('admin', 'system:masters')).add(100 * body);
    for (const each of held) each[Symbol.dispose]();
    bodies.hold(user('eve')).add(body);
  });
});

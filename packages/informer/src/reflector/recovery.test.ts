import { StatusError, statusErrors } from '@kubewright/api';
import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { informerErrors } from '../errors/informer-errors.js';
import { Backoff } from './backoff.js';
import { planRecovery } from './recovery.js';
import type { Recovery, Stage } from './recovery.js';

const status = (code: number, details = {}): StatusError => new StatusError({ code, reason: '', message: '', details });
const expired = statusErrors.expired('too old');
const tooLarge = status(504, { causes: [{ reason: 'ResourceVersionTooLarge' }] });
const reset = new Error('read ECONNRESET');

const cases: [Stage, unknown, Partial<Recovery>][] = [
  ['watch', undefined, { next: 'rewatch', wait: false }],
  ['watch', expired, { next: 'relist', wait: false, forgetVersion: true }],
  ['watch', status(429, { retryAfterSeconds: 7 }), { next: 'rewatch', wait: true, floor: 7000 }],
  ['watch', status(500), { next: 'relist', wait: true }],
  ['watch', reset, { next: 'rewatch', wait: true }],
  ['watch', informerErrors.WATCH_DEADLINE({ seconds: 1 }), { next: 'rewatch', wait: false }],
  ['watch', informerErrors.WATCH_TOO_SHORT({}), { next: 'rewatch', wait: true }],
  ['watch', informerErrors.WATCH_LINE_INVALID({ problem: '' }), { next: 'relist', wait: true }],
  [
    'watch',
    informerErrors.OBJECT_REFUSED({ plural: '', object: '', problem: '' }),
    { next: 'relist', wait: true, forgetVersion: true },
  ],
  ['list', status(400), { next: 'relist', wait: true, forgetVersion: true }],
  ['watch-open', status(431), { next: 'relist', wait: true, forgetVersion: true }],
  ['list', status(414), { next: 'relist', wait: true, forgetVersion: true }],
  ['watch-open', status(422), { next: 'relist', wait: true, forgetVersion: true }],
  ['list', informerErrors.LIST_ENDLESS({ plural: '', problem: '' }), { next: 'relist', wait: true }],
  ['watch-open', informerErrors.LIST_UNVERSIONED({ plural: '' }), { next: 'relist', wait: true }],
  ['watch-open', expired, { next: 'relist', wait: false, forgetVersion: true }],
  ['watch-open', status(429), { next: 'rewatch', wait: true }],
  ['watch-open', status(503), { next: 'rewatch', wait: true }],
  ['watch-open', reset, { next: 'rewatch', wait: true }],
  ['watch-open', status(403), { next: 'relist', wait: true }],
  ['watch-open', status(404), { next: 'relist', wait: true, cap: 10_000 }],
  ['watch-list', status(422), { next: 'relist', wait: false, list: 'always' }],
  ['watch-list', status(500), { next: 'relist', wait: true, list: 'once' }],
  ['watch-list', reset, { next: 'relist', wait: true, list: 'once' }],
  [
    'watch-list',
    informerErrors.WATCH_LIST_INCOMPLETE({ problem: '', permanent: true }),
    { next: 'relist', wait: false, list: 'always' },
  ],
  [
    'watch-list',
    informerErrors.WATCH_LIST_INCOMPLETE({ problem: '', permanent: false }),
    { next: 'relist', wait: false, list: 'once' },
  ],
  ['list', expired, { next: 'relist', wait: false, forgetVersion: true }],
  ['list', tooLarge, { next: 'relist', wait: false, forgetVersion: true }],
  ['list', status(500), { next: 'relist', wait: true }],
  ['list', reset, { next: 'relist', wait: true }],
];

describe('planRecovery', () => {
  for (const [stage, error, expected] of cases) {
    const what = StatusError.is(error) ? error.code : error instanceof Error ? error.message : 'a normal end';
    it(`${stage}: ${what}`, () =>
      expect(planRecovery(stage, error, { knowsVersion: true, hasJustListed: false })).toMatchObject(expected));
  }

  it('waits where asking for the newest state did not help, or a fresh list is too old already', () => {
    expect(planRecovery('list', expired, { knowsVersion: false, hasJustListed: false }).wait).toBe(true);
    expect(planRecovery('watch', expired, { knowsVersion: true, hasJustListed: true }).wait).toBe(true);
  });
});

describe('the wait that a server asks for', () => {
  it.each<[unknown, number]>([
    [7, 7_000],
    [60, 60_000],
    [31_536_000, 60_000],
    [Infinity, 60_000],
    [-5, 0],
    [Number.NaN, 0],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
    [null, 0],
  ])('%o seconds', (retryAfterSeconds, floor) => {
    const error = StatusError.from({ kind: 'Status', code: 429, details: { retryAfterSeconds } });
    expect(planRecovery('watch-open', error, { knowsVersion: true, hasJustListed: false }).floor).toBe(floor);
    const own = Object.assign(status(429), { details: { retryAfterSeconds } });
    expect(planRecovery('watch-open', own, { knowsVersion: true, hasJustListed: false }).floor).toBe(floor);
  });
});

describe('Backoff', () => {
  it('doubles from 0.8 s to 30 s with up to as much by chance, and forgets after two calm minutes', async () => {
    const clock = new FakeClock();
    const backoff = new Backoff(clock, { next: () => 0.5, bytes: () => new Uint8Array(), uuid: () => '' });
    const delays: number[] = [];
    for (let failure = 0; failure < 8; failure++) {
      const delay = backoff.next();
      delays.push(delay);
      await clock.advance(delay);
    }
    expect(delays).toEqual([1200, 2400, 4800, 9600, 19_200, 38_400, 45_000, 45_000]);
    await clock.advance(120_001);
    expect(backoff.next()).toBe(1200);
  });
});

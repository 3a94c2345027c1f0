import { deepEqual, equal, ok } from 'node:assert/strict';
import { statusErrors } from '@kubewright/api';
import { emptyPages, lie, lies } from './lies.js';
import type { ScenarioContext } from './observed-informer.js';

/** Something that happens to a list-watch, and what must come of it. After each, the suite compares the pictures. */
export interface Scenario {
  readonly name: string;
  /** Before the informer starts. */
  readonly given?: (context: ScenarioContext) => void;
  /** After it has synced. */
  readonly when?: (context: ScenarioContext) => Promise<void> | void;
  /** Milliseconds of fake time within which all must be well. Default: 0, at once. */
  readonly within?: number;
  /** Whether the server's own history goes back, so that an object may too. Default: false. */
  readonly goesBack?: boolean;
  readonly expected?: (context: ScenarioContext) => void;
}

const tooMany = (seconds: number): ReturnType<typeof statusErrors.badRequest> =>
  Object.assign(statusErrors.badRequest('slow down'), {
    code: 429,
    reason: 'TooManyRequests',
    details: { retryAfterSeconds: seconds },
  });
const internal = (): ReturnType<typeof statusErrors.badRequest> =>
  Object.assign(statusErrors.badRequest('etcd is away'), { code: 500, reason: 'InternalError' });
const refused = (): ReturnType<typeof statusErrors.badRequest> =>
  Object.assign(statusErrors.badRequest('sendInitialEvents is forbidden'), { code: 422, reason: 'Invalid' });
const types = ({ server }: ScenarioContext): string[] => server.requests.map(({ type }) => type);

export const initialScenarios: readonly Scenario[] = [
  {
    name: 'reads the collection as a watch-list and follows it on the same stream',
    expected: (c) => deepEqual(types(c), ['watch-list']),
  },
  {
    name: 'lists where the server refuses watch-lists, and remembers it',
    given: ({ server }) => server.fault('watch-list', { kind: 'status', error: refused() }),
    when: async ({ server, clock, settle }) => {
      await clock.advance(60_000);
      server.sendError(statusErrors.expired('too old'));
      await settle();
    },
    expected: (c) => deepEqual(types(c), ['watch-list', 'list', 'watch', 'list', 'watch']),
  },
  {
    name: 'lists where the end of the initial events never comes, and remembers it',
    given: ({ server }) => server.fault('watch-list', { kind: 'no-end-bookmark' }),
    within: 10_000,
    when: async ({ server, clock, settle }) => {
      await clock.advance(60_000);
      server.sendError(statusErrors.expired('too old'));
      await settle();
    },
    expected: (c) => deepEqual(types(c), ['watch-list', 'list', 'watch', 'list', 'watch']),
  },
  {
    name: 'lists where a watch-list hangs',
    given: ({ server }) => server.fault('watch-list', { kind: 'hang' }),
    within: 10_000,
    expected: (c) => deepEqual(types(c), ['watch-list', 'list', 'watch']),
  },
  {
    name: 'waits as long as a 429 says before it asks again',
    given: ({ server }) => server.fault('watch-list', { kind: 'status', error: tooMany(20) }),
    within: 20_000,
    expected: ({ clock }) => ok(clock.monotonic() >= 20_000),
  },
  {
    name: 'waits no longer than a minute, whatever a 429 says',
    given: ({ server }) => server.fault('watch-list', { kind: 'status', error: tooMany(31_536_000) }),
    within: 60_000,
    expected: ({ clock }) => ok(clock.monotonic() >= 60_000),
  },
  {
    name: 'lists after a watch-list whose connection broke',
    given: ({ server }) => server.fault('watch-list', { kind: 'reset' }),
    within: 2000,
    expected: (c) => deepEqual(types(c), ['watch-list', 'list', 'watch']),
  },
  {
    name: 'backs off from lists that fail, and goes on trying',
    given: ({ server }) => {
      server.fault('watch-list', { kind: 'status', error: refused() });
      server.fault(
        'list',
        { kind: 'status', error: internal() },
        { kind: 'reset' },
        { kind: 'reset' },
        { kind: 'status', error: internal() },
      );
    },
    within: 60_000,
    expected: ({ clock }) => ok(clock.monotonic() >= 800 * 3),
  },
  ...(
    [
      ['another token', (page) => `token-${page}`, 10],
      ['the same token', () => 'token', 2],
    ] satisfies [string, (page: number) => string, number][]
  ).map(([what, token, pages]): Scenario => ({
    name: `gives a list up whose pages always come with ${what}, and backs off`,
    given: ({ server }) => {
      server.fault('watch-list', { kind: 'status', error: refused() });
      server.fault('list', ...emptyPages(pages, token));
    },
    within: 2_000,
    expected: ({ server, clock }) => {
      equal(server.requests.length, pages + 3);
      ok(clock.monotonic() >= 800);
    },
  })),
  {
    name: 'lists again, and does not watch from nowhere, where a list has no resourceVersion',
    given: ({ server }) => {
      server.fault('watch-list', { kind: 'status', error: refused() });
      server.fault('list', { kind: 'answer', body: { metadata: {}, items: [] } });
    },
    within: 2_000,
    expected: (c) => deepEqual(types(c), ['watch-list', 'list', 'list', 'watch']),
  },
  {
    name: 'lists again after answers that are no list of its kind, and backs off',
    given: ({ server }) => {
      server.fault('watch-list', { kind: 'status', error: refused() });
      const bodies = [
        null,
        5,
        { kind: 'Status', status: 'Success' },
        { metadata: {}, items: {} },
        { metadata: {}, items: [null] },
        { metadata: { continue: 5 }, items: [] },
        ...lies
          .slice(0, -1)
          .map(([, wrong]) => ({ metadata: { resourceVersion: '100' }, items: [lie(wrong), lie({})] })),
        { metadata: { resourceVersion: '100' }, items: [lie({}), lie({ metadata: { uid: 'uid-10' } })] },
      ];
      server.fault('list', ...bodies.map((body) => ({ kind: 'answer' as const, body })));
    },
    within: 900_000,
    expected: ({ informer, server }) => {
      deepEqual(new Set(informer.told.map(({ key }) => key)), new Set(['default/a', 'default/b']));
      ok(server.requests.length <= 18);
    },
  },
  {
    name: 'asks at most every 10 s for a kind that is not served yet',
    given: ({ server }) =>
      server.fault(
        'watch-list',
        ...Array.from({ length: 8 }, () => ({ kind: 'status' as const, error: statusErrors.unknownPath() })),
      ),
    within: 80_000,
  },
];

export const liveScenarios: readonly Scenario[] = [
  {
    name: 'watches on from the last event when the server ends a watch, without listing or waiting',
    when: async ({ server, clock, settle }) => {
      await clock.advance(60_000);
      server.endWatches();
      server.set('a', { spec: 2 });
      server.set('new');
      await settle();
    },
    expected: (c) => deepEqual(types(c), ['watch-list', 'watch']),
  },
  {
    name: 'loses nothing when the connection breaks',
    when: ({ server }) => {
      server.resetWatches();
      server.set('b', { spec: 2 });
      server.remove('a');
    },
    within: 2000,
    expected: (c) => deepEqual(types(c), ['watch-list', 'watch']),
  },
  {
    name: 'relists after a 410 on the stream, and tells a delete and a re-create apart',
    when: ({ server }) => {
      server.sendError(statusErrors.expired('too old resource version'));
      server.remove('a');
      server.set('a', { spec: 'second life' });
      server.compact();
    },
    within: 2000,
    expected: ({ informer }) => {
      const ofA = informer.told.filter(({ key }) => key === 'default/a').map(({ type, uid }) => `${type} ${uid}`);
      deepEqual(ofA, ['added uid-1', 'deleted uid-1', 'added uid-3']);
    },
  },
  {
    name: 'relists after a 410 on opening a watch',
    when: ({ server }) => {
      server.resetWatches();
      server.set('a', { spec: 2 });
      server.remove('b');
      server.compact();
    },
    within: 4000,
  },
  {
    name: 'relists where the server goes on answering 410, without hammering it',
    when: ({ server }) => {
      server.sendError(statusErrors.expired('too old'));
      server.fault(
        'watch-list',
        ...Array.from({ length: 5 }, () => ({ kind: 'status' as const, error: statusErrors.expired('too old') })),
      );
      server.set('a', { spec: 2 });
    },
    within: 120_000,
    expected: ({ server, clock }) => ok(server.requests.length <= 12 && clock.monotonic() > 5000),
  },
  {
    name: 'opens a watch again from where it was after 429, 503 and refused connections',
    when: ({ server }) => {
      server.fault(
        'watch',
        { kind: 'status', error: tooMany(1) },
        { kind: 'reset' },
        { kind: 'status', error: internal() },
      );
      server.resetWatches();
      server.set('a', { spec: 2 });
    },
    within: 20_000,
    expected: (c) => deepEqual(new Set(types(c).slice(1)), new Set(['watch'])),
  },
  {
    name: 'relists after an error that comes on the stream',
    when: ({ server }) => {
      server.sendError(internal());
      server.set('a', { spec: 2 });
    },
    within: 2000,
    expected: (c) => deepEqual(types(c), ['watch-list', 'watch-list']),
  },
  {
    name: 'notices a connection on which nothing comes any more',
    when: ({ server }) => {
      server.fault('watch', { kind: 'hang' });
      server.resetWatches();
      server.set('a', { spec: 2 });
      server.remove('b');
    },
    within: 620_000,
    expected: (c) => equal(types(c).at(-1), 'watch'),
  },
  {
    name: 'drops a line that was cut off, and gets it whole on the next watch',
    when: async ({ server, clock, settle }) => {
      await clock.advance(5000);
      server.write('{"type":"MODIFIED","object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","name');
      await settle();
      server.endWatches();
      server.set('a', { spec: 2 });
      await settle();
    },
    within: 2000,
    expected: (c) => deepEqual(types(c), ['watch-list', 'watch']),
  },
  {
    name: 'relists after a line that cannot be read',
    when: ({ server }) => {
      server.write(
        '{"type":"MODIFIED","object":{"kind":"Pod","metadata":{"name":"a","namespace":"default","uid":"uid-1","resourceVersion":"7"},,}}\n',
      );
      server.set('b', { spec: 2 });
    },
    within: 2000,
  },
  ...lies.map(([what, wrong]): Scenario => ({
    name: `refuses an object ${what} on a watch, and lists again`,
    when: async ({ server, clock, settle }) => {
      server.lie('MODIFIED', lie(wrong));
      await settle();
      await clock.advance(2_000);
      await settle();
    },
    within: 2_000,
    expected: (c) => {
      deepEqual(types(c), ['watch-list', 'watch-list']);
      deepEqual(new Set(c.informer.told.map(({ key }) => key)), new Set(['default/a', 'default/b']));
    },
  })),
  {
    name: 'sees in one batch of events that an object went back',
    when: async ({ server, clock, settle }) => {
      const b = server.set('b', { spec: 2 });
      server.lie('MODIFIED', { ...b, metadata: { ...b.metadata, resourceVersion: '7' } });
      await settle();
      await clock.advance(2_000);
      await settle();
    },
    within: 2_000,
    expected: (c) => deepEqual(types(c), ['watch-list', 'watch-list']),
  },
  {
    name: 'takes no list that is older than its picture, and asks for the newest state instead',
    when: async ({ server, clock, settle }) => {
      server.fault('watch-list', { kind: 'status', error: internal() });
      server.fault('list', {
        kind: 'answer',
        body: {
          metadata: { resourceVersion: '101' },
          items: [lie({ metadata: { name: 'a', uid: 'uid-1', resourceVersion: '7' } })],
        },
      });
      server.set('a', { spec: 2 });
      server.sendError(internal());
      await settle();
      await clock.advance(20_000);
      await settle();
    },
    within: 10_000,
    expected: ({ informer }) =>
      deepEqual(
        informer.told.filter(({ type }) => type === 'deleted'),
        [],
      ),
  },
  {
    name: 'follows a server that went back, as after a restored backup',
    goesBack: true,
    when: async ({ server, clock, settle }) => {
      const body = {
        metadata: { resourceVersion: '50' },
        items: [lie({ metadata: { name: 'a', uid: 'uid-1', resourceVersion: '50' } })],
      };
      server.fault('watch-list', { kind: 'status', error: refused() });
      server.fault('list', { kind: 'answer', body });
      server.sendError(statusErrors.expired('too old'));
      await settle();
      await clock.advance(20_000);
      await settle();
    },
    within: 10_000,
    expected: ({ informer }) => ok(informer.told.some(({ key, type }) => key === 'default/b' && type === 'deleted')),
  },
  {
    name: 'backs off from watches that end at once',
    when: ({ server }) => {
      server.fault('watch', ...Array.from({ length: 4 }, () => ({ kind: 'end' as const })));
      server.endWatches();
    },
    within: 60_000,
    expected: (c) => ok(c.server.requests.length <= 8),
  },
  ...(
    [
      ['nothing but a bookmark', (c) => c.server.bookmark()],
      ['one change', (c) => void c.server.set('a', { at: c.clock.now(), n: c.server.requests.length })],
    ] satisfies [string, (c: ScenarioContext) => void][]
  ).map(([what, act]): Scenario => ({
    name: `does not open watches over and over that end at once after ${what}`,
    when: async (c) => {
      for (let round = 0; round < 200; round++) {
        act(c);
        await c.settle();
        c.server.endWatches();
        await c.settle();
      }
    },
    within: 120_000,
    expected: ({ server }) => ok(server.requests.length < 12, `${server.requests.length} requests`),
  })),
  {
    name: 'resumes from a bookmark where no object changed for long',
    when: async ({ server, clock, settle }) => {
      for (let version = 0; version < 5; version++) server.bookmark();
      await settle();
      server.compact();
      await clock.advance(60_000);
      server.endWatches();
      server.set('b', { spec: 2 });
      await settle();
    },
    expected: (c) => deepEqual(types(c), ['watch-list', 'watch']),
  },
];

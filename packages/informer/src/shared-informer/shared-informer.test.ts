import { Pod } from '@kubewright/api/core/v1';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { filter, map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Client } from '../client/client.js';
import { ScriptedApiServer } from '../testing/scripted-api-server.js';
import { InformerFactory } from './informer-factory.js';
import type { InformerEvent } from './informer-event.js';

/** On which work takes time. */
class WorkingClock extends FakeClock {
  #worked = 0;

  override monotonic(): number {
    return super.monotonic() + this.#worked;
  }

  work(milliseconds: number): void {
    this.#worked += milliseconds;
  }
}

function setUp(clock = new FakeClock()) {
  const server = new ScriptedApiServer(Pod);
  const factory = new InformerFactory({
    client: new Client({ transport: server, clock }),
    clock,
    random: new SeededRandom(),
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 12; turn++) await clock.advance(0);
  };
  return { server, clock, factory, settle };
}
const brief = ({ type, key, isInInitialList }: InformerEvent<Pod>): string =>
  `${type} ${key}${isInInitialList ? ' (initial)' : ''}`;

describe('SharedInformer', () => {
  it('invariant 2: misses no appearance, newest state or disappearance under random faults, and keeps the order per key', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { server, clock, factory, settle } = setUp();
      const random = new SeededRandom(seed);
      const informer = factory.informer(Pod);
      const alive = new Map<string, { uid: string; version: number }>();
      const wrong: string[] = [];
      informer.addHandler(({ type, key, object: { metadata }, finalStateUnknown }) => {
        const known = alive.get(key);
        const now = { uid: metadata.uid ?? '', version: Number(metadata.resourceVersion) };
        // A handler's own errors are isolated, so what is wrong is noted and judged outside.
        if ((type === 'added') !== (known === undefined)) wrong.push(`${type} ${key}, known as ${known?.uid}`);
        if (known !== undefined && known.uid !== now.uid) wrong.push(`${type} ${key} is ${now.uid}, not ${known.uid}`);
        if (known !== undefined && !finalStateUnknown && now.version <= known.version)
          wrong.push(`${key} goes back to ${now.version}`);
        if (type === 'deleted') alive.delete(key);
        else alive.set(key, now);
      });
      for (let step = 0; step < 150; step++) {
        const dice = random.next();
        const name = `p${Math.floor(random.next() * 6)}`;
        if (dice < 0.5) server.set(name, { spec: step });
        else if (dice < 0.7) server.remove(name);
        else if (dice < 0.75) server.resetWatches();
        else if (dice < 0.78) server.endWatches();
        else if (dice < 0.8) server.compact();
        else if (dice < 0.82) server.bookmark();
        else if (dice < 0.84) server.fault('watch', { kind: 'reset' });
        else if (dice < 0.86) server.fault('watch-list', { kind: 'no-end-bookmark' });
        else if (dice < 0.87) server.write('{"type":"MODI');
        else if (dice < 0.94) await clock.advance(random.next() * 3000);
        else await settle();
      }
      await clock.advance(700_000);
      await settle();
      expect(wrong, `seed ${seed}`).toEqual([]);
      const expected = Object.fromEntries([...server.objects].map(([key, { metadata }]) => [key, metadata.uid]));
      expect(Object.fromEntries([...alive].map(([key, { uid }]) => [key, uid])), `seed ${seed}`).toEqual(expected);
      expect(informer.lister.size).toBe(server.objects.size);
    }
  });

  it('invariant 3: has one store and one watch per kind and scope, and lives as long as somebody subscribes', async () => {
    const { server, clock, factory, settle } = setUp();
    const informer = factory.informer(Pod);
    expect(factory.informer({ ...Pod })).toBe(informer);
    expect(factory.informer(Pod, { namespace: 'x' })).not.toBe(informer);
    expect(server.requests).toHaveLength(0);
    const first = informer.events$.subscribe();
    const second = informer.hold();
    await settle();
    expect([server.watchers, server.requests.length]).toEqual([1, 1]);
    first.unsubscribe();
    await settle();
    expect(server.watchers).toBe(1);
    second[Symbol.dispose]();
    second[Symbol.dispose]();
    await informer.stopped();
    expect([server.watchers, clock.timers, informer.lister.size, informer.hasSynced]).toEqual([0, 0, 0, false]);
    server.set('a');
    using _again = informer.hold();
    await settle();
    expect(informer.lister.size).toBe(1);
  });

  it('tells a late handler what there is, once, and then what happens', async () => {
    const { server, factory, settle } = setUp();
    server.set('a');
    const informer = factory.informer(Pod);
    using _first = informer.hold();
    await settle();
    const told: string[] = [];
    const registration = informer.addHandler((event) => void told.push(brief(event)));
    expect(registration.hasSynced).toBe(true);
    server.set('a', { spec: 1 });
    server.set('b');
    server.remove('a');
    await settle();
    expect(told).toEqual(['added default/a (initial)', 'modified default/a', 'added default/b', 'deleted default/a']);
  });

  it('tells a handler that is added from inside another everything exactly once', async () => {
    const { server, factory, settle } = setUp();
    server.set('a');
    server.set('b');
    const informer = factory.informer(Pod);
    const inner: string[] = [];
    let isAdded = false;
    informer.addHandler(() => {
      if (isAdded) return;
      isAdded = true;
      informer.addHandler((event) => void inner.push(brief(event)));
    });
    await settle();
    server.set('c');
    await settle();
    expect(inner).toEqual(['added default/a (initial)', 'added default/b (initial)', 'added default/c']);
  });

  it('isolates and counts what throws', async () => {
    const { server, factory, settle } = setUp();
    const informer = factory.informer(Pod);
    const seen: string[] = [];
    const derived: string[] = [];
    informer.addHandler(() => Promise.reject(new Error('handler')));
    informer.events$.subscribe(() => {
      throw new Error('subscriber');
    });
    informer.events$
      .pipe(
        filter(({ type }) => type === 'added'),
        map(({ key }) => key),
      )
      .subscribe((key) => {
        derived.push(key);
        throw new Error('at the end of a pipe');
      });
    informer.events$.pipe(map(() => JSON.parse('{'))).subscribe();
    informer.addHandler(({ key }) => void seen.push(key));
    server.set('a');
    await settle();
    server.set('b');
    await settle();
    expect(seen).toEqual(['default/a', 'default/b']);
    expect(derived).toEqual(['default/a', 'default/b']);
  });

  it('merges what a slow handler has not taken, by key, and syncs it on its own time', async () => {
    const { server, factory, settle } = setUp();
    server.set('a');
    server.set('b');
    const informer = factory.informer(Pod);
    const told: string[] = [];
    let release = (): void => {};
    const registration = informer.addHandler((event) => {
      told.push(`${brief(event)} ${event.object.metadata.resourceVersion}`);
      return new Promise<void>((resolve) => (release = resolve));
    });
    await settle();
    expect([informer.hasSynced, registration.hasSynced]).toEqual([true, false]);
    for (let version = 0; version < 1000; version++) server.set('b', { spec: version });
    server.remove('b');
    const reborn = server.set('b');
    await settle();
    for (let event = 0; event < 3; event++) {
      release();
      await settle();
    }
    expect(told).toEqual([
      'added default/a (initial) 101',
      'added default/b (initial) 1102',
      'deleted default/b 1103',
      `added default/b ${reborn.metadata.resourceVersion}`,
    ]);
    expect(registration.hasSynced).toBe(true);
  });

  it('tells everything again where a handler asks for it', async () => {
    const { server, clock, factory, settle } = setUp();
    server.set('a');
    const informer = factory.informer(Pod);
    const told: string[] = [];
    using registration = informer.addHandler((event) => void told.push(brief(event)), { resyncPeriod: 5000 });
    await settle();
    await clock.advance(10_000);
    expect(told).toEqual(['added default/a (initial)', 'modified default/a', 'modified default/a']);
    expect(server.requests).toHaveLength(1);
    registration.remove();
    await informer.stopped();
    expect(clock.timers).toBe(0);
  });

  it('lets a writer wait until its write is here', async () => {
    const { server, factory, settle } = setUp();
    const informer = factory.informer(Pod);
    using _held = informer.hold();
    await informer.whenSynced();
    const written = server.set('a');
    await informer.waitFor(written.metadata.resourceVersion ?? '');
    expect(informer.lister.get('default/a')?.metadata.uid).toBe(written.metadata.uid);
    server.remove('a');
    await informer.waitForKey('default/a', (object) => object === undefined);
    await settle();
    expect(informer.status).toMatchObject({ phase: 'live', failures: 0 });
  });

  it('refuses a resync period that is no number', () => {
    const informer = setUp().factory.informer(Pod);
    for (const resyncPeriod of [Number.NaN, Infinity])
      expect(() => informer.addHandler(() => undefined, { resyncPeriod })).toThrow(/must be a finite number/);
  });

  it('delivers to slow synchronous handlers without holding the event loop', async () => {
    const clock = new WorkingClock();
    const { server, factory, settle } = setUp(clock);
    for (let pod = 0; pod < 50; pod++) server.set(`pod-${pod}`);
    let told = 0;
    const toldPerTurn: number[] = [];
    let isTurning = false;
    const note = (): void => {
      toldPerTurn.push(told);
      if (isTurning) setImmediate(note);
    };
    const informer = factory.informer(Pod);
    const registrations = ['one', 'other'].map((name) =>
      informer.addHandler(
        () => {
          told++;
          clock.work(4);
        },
        { name },
      ),
    );
    isTurning = true;
    note();
    for (let round = 0; round < 20; round++) await settle();
    expect(told).toBe(100);
    isTurning = false;
    expect(Math.max(...toldPerTurn.map((count, at) => count - (toldPerTurn[at - 1] ?? 0)))).toBeLessThanOrEqual(4);
    for (const registration of registrations) registration.remove();
  });

  it('says in its status what is wrong while it tries again', async () => {
    const { server, factory, settle } = setUp();
    server.fault('watch-list', { kind: 'reset' });
    const informer = factory.informer(Pod);
    const phases: string[] = [];
    informer.status$.subscribe(({ phase }) => phases.push(phase));
    using _held = informer.hold();
    await settle();
    expect(informer.status).toMatchObject({
      phase: 'backing-off',
      hasSynced: false,
      failures: 1,
      lastError: { code: 'ECONNRESET' },
    });
    expect(phases).toEqual(['idle', 'idle', 'syncing', 'backing-off']);
  });
});

import { strict as assert } from 'node:assert';
import { errors } from '../errors.js';
import type { Storage, StorageEvent } from '../storage/storage.js';

/** The part of a test runner that contract suites need. */
export interface ContractRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value);
const show = (event: StorageEvent): string => `${event.key}=${text(event.value) ?? '-'}@${event.revision}`;

/** What every `Storage` must do. `open` makes an empty one for each test; the suite closes it. */
export function describeStorageContract(
  { describe, it }: ContractRunner,
  name: string,
  open: () => Promise<Storage>,
): void {
  const withStorage = (body: (storage: Storage) => Promise<void>) => async (): Promise<void> => {
    const storage = await open();
    try {
      await body(storage);
    } finally {
      await storage.close();
    }
  };

  const written = async (storage: Storage, key: string, value: string): Promise<bigint> => {
    const current = await storage.get(key);
    const result = await (current
      ? storage.update(key, bytes(value), current.revision)
      : storage.create(key, bytes(value)));
    assert.ok(result.ok);
    return result.revision;
  };

  const collect = async (storage: Storage, prefix: string, after: bigint, count: number): Promise<string[]> => {
    const seen: string[] = [];
    const stop = new AbortController();
    for await (const batch of storage.watch(prefix, after, stop.signal)) {
      seen.push(...batch.events.map(show));
      if (seen.length >= count) stop.abort();
    }
    return seen;
  };

  describe(`Storage contract: ${name}`, () => {
    it(
      'creates, reads, updates and deletes on condition',
      withStorage(async (storage) => {
        const first = await storage.create('/a/1', bytes('one'));
        assert.ok(first.ok);
        const again = await storage.create('/a/1', bytes('two'));
        assert.ok(!again.ok);
        assert.equal(text(again.current?.value), 'one');
        assert.equal(await storage.currentRevision(), first.revision, 'a failed condition consumes no revision');
        const wrong = await storage.update('/a/1', bytes('two'), first.revision + 1n);
        assert.ok(!wrong.ok);
        const second = await storage.update('/a/1', bytes('two'), first.revision);
        assert.ok(second.ok && second.revision > first.revision);
        assert.deepEqual((await storage.get('/a/1'))?.revision, second.revision);
        assert.ok(!(await storage.delete('/a/1', first.revision)).ok);
        const removed = await storage.delete('/a/1', second.revision);
        assert.ok(removed.ok && removed.revision > second.revision);
        assert.equal(await storage.get('/a/1'), undefined);
        const absent = await storage.update('/a/1', bytes('three'), second.revision);
        assert.ok(!absent.ok && absent.current === undefined);
        assert.ok((await storage.create('/a/1', bytes('four'))).ok);
      }),
    );

    it(
      'lists a prefix in key order, in pages, and as of an earlier revision',
      withStorage(async (storage) => {
        for (const key of ['/b/x', '/a/3', '/a/1', '/a/2', '/aa']) await written(storage, key, key);
        const before = await storage.currentRevision();
        await written(storage, '/a/2', 'changed');
        await written(storage, '/a/0', 'late');
        const third = await storage.get('/a/3');
        assert.ok(third);
        await storage.delete('/a/3', third.revision);
        const now = await storage.list('/a/');
        assert.deepEqual(
          now.entries.map(({ key }) => key),
          ['/a/0', '/a/1', '/a/2'],
        );
        assert.equal(now.revision, await storage.currentRevision());
        const then = await storage.list('/a/', { revision: before });
        assert.deepEqual(
          then.entries.map(({ value }) => text(value)),
          ['/a/1', '/a/2', '/a/3'],
        );
        assert.equal(then.revision, before);
        const page = await storage.list('/a/', { revision: before, limit: 2 });
        assert.ok(page.more);
        const rest = await storage.list('/a/', { revision: before, limit: 2, start: '/a/2\0' });
        assert.deepEqual([rest.more, rest.entries.map(({ key }) => key)], [false, ['/a/3']]);
      }),
    );

    it(
      'watches from any revision on, in order, without gaps',
      withStorage(async (storage) => {
        const start = await storage.currentRevision();
        const one = await written(storage, '/a/1', 'one');
        await written(storage, '/b/1', 'other');
        const live = collect(storage, '/a/', start, 3);
        const two = await written(storage, '/a/1', 'two');
        const gone = await storage.delete('/a/1', two);
        assert.ok(gone.ok);
        assert.deepEqual(await live, [`/a/1=one@${one}`, `/a/1=two@${two}`, `/a/1=-@${gone.revision}`]);
        assert.deepEqual(await collect(storage, '/', two, 1), [`/a/1=-@${gone.revision}`]);
      }),
    );

    it(
      'gives concurrent watches the same order, and each write of a race its own revision',
      withStorage(async (storage) => {
        const start = await storage.currentRevision();
        const watches = [collect(storage, '/', start, 200), collect(storage, '/', start, 200)];
        const results = await Promise.all(
          Array.from({ length: 200 }, (_, n) => storage.create(`/k/${n}`, bytes(String(n)))),
        );
        assert.equal(new Set(results.map((result) => result.ok && result.revision)).size, 200);
        const [left, right] = await Promise.all(watches);
        assert.equal(left?.length, 200);
        assert.deepEqual(left, right);
        const race = await Promise.all(Array.from({ length: 20 }, () => storage.create('/race', bytes('x'))));
        assert.equal(race.filter(({ ok }) => ok).length, 1);
      }),
    );

    it(
      'forgets history on compaction and keeps the state',
      withStorage(async (storage) => {
        const one = await written(storage, '/a/1', 'one');
        const two = await written(storage, '/a/1', 'two');
        await written(storage, '/a/2', 'stays');
        const gone = await storage.delete('/a/1', two);
        assert.ok(gone.ok);
        await storage.compact(gone.revision);
        assert.equal(await storage.compactedRevision(), gone.revision);
        assert.deepEqual(
          (await storage.list('/')).entries.map(({ key }) => key),
          ['/a/2'],
        );
        await assert.rejects(storage.list('/', { revision: one }), errors.COMPACTED.is);
        await assert.rejects(collect(storage, '/', one, 1), errors.COMPACTED.is);
        assert.equal(await storage.currentRevision(), gone.revision);
        const next = await written(storage, '/a/3', 'new');
        assert.ok(next > gone.revision);
        assert.deepEqual(await collect(storage, '/', gone.revision, 1), [`/a/3=new@${next}`]);
      }),
    );

    it(
      'refuses revisions of the future and keys that are no ASCII',
      withStorage(async (storage) => {
        const future = (await storage.currentRevision()) + 5n;
        await assert.rejects(storage.list('/', { revision: future }), errors.FUTURE_REVISION.is);
        await assert.rejects(collect(storage, '/', future, 1), errors.FUTURE_REVISION.is);
        await assert.rejects(storage.create('/ä', bytes('x')), errors.BAD_KEY.is);
      }),
    );

    it('ends watches when it closes, refuses work afterwards, and may be closed twice', async () => {
      const storage = await open();
      const watching = collect(storage, '/', await storage.currentRevision(), 1);
      await storage.create('/x', bytes('x'));
      assert.equal((await watching).length, 1);
      const idle = collect(storage, '/none/', await storage.currentRevision(), 1);
      await storage.get('/x');
      await storage.close();
      assert.deepEqual(await idle, []);
      await assert.rejects(storage.get('/x'), errors.STORAGE_CLOSED.is);
      await storage.close();
    });
  });
}

import { FakeClock } from '@kubewright/core/testing';
import type { Transport } from '@kubewright/informer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStorage } from '../storage/memory-storage.js';
import { call, firstFrames } from '../testing/requests.js';
import { startTestApiServer } from '../testing/start-test-api-server.js';
import type { AnyObject } from '../testing/requests.js';
import type { TestApiServer } from '../testing/start-test-api-server.js';

let server: TestApiServer;
let transport: Transport;
let storage: MemoryStorage;
let clock: FakeClock;
beforeEach(async () => {
  [storage, clock] = [new MemoryStorage(), new FakeClock()];
  server = await startTestApiServer({ storage, clock });
  ({ transport } = server);
});
afterEach(() => server.stop());

const maps = '/api/v1/namespaces/default/configmaps';
const create = (name: string) =>
  call(transport, 'POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
const change = (name: string, value: string) =>
  call(transport, 'PATCH', `${maps}/${name}`, { data: { value } }, 'application/merge-patch+json');
const names = ({ items }: AnyObject): string[] => items.map(({ metadata }) => metadata.name);
const current = async (): Promise<bigint> => storage.currentRevision();

describe('resourceVersion of a list', () => {
  it('reads an exact revision, also after later changes and from the storage', async () => {
    await create('a');
    const revision = await current();
    await create('b');
    await call(transport, 'DELETE', `${maps}/a`);
    const then = await call(transport, 'GET', `${maps}?resourceVersion=${revision}&resourceVersionMatch=Exact`);
    expect(names(then.body)).toEqual(['a']);
    expect(then.body.metadata.resourceVersion).toBe(String(revision));
    const newer = await call(transport, 'GET', `${maps}?resourceVersion=${revision}&resourceVersionMatch=NotOlderThan`);
    expect(names(newer.body)).toEqual(['b']);
    const limited = await call(transport, 'GET', `${maps}?resourceVersion=${revision}&limit=5`);
    expect(names(limited.body)).toEqual(['a']);
  });

  it.each([
    ['resourceVersionMatch=Exact', 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
    [
      'resourceVersionMatch=Exact&resourceVersion=0',
      'resourceVersionMatch \\"Exact\\" is forbidden for resourceVersion \\"0\\"',
    ],
    ['resourceVersionMatch=Other&resourceVersion=1', 'Unsupported value: \\"Other\\"'],
    ['sendInitialEvents=true', 'sendInitialEvents is forbidden for list'],
    ['watch=true&resourceVersionMatch=NotOlderThan', 'forbidden for watch unless sendInitialEvents is provided'],
    ['watch=true&sendInitialEvents=true', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
  ])('refuses %s', async (query, message) => {
    const answer = await call(transport, 'GET', `${maps}?${query}`);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(message);
  });

  it('refuses foreign continue tokens and bad selectors', async () => {
    expect((await call(transport, 'GET', `${maps}?continue=nonsense`)).status).toBe(400);
    const escape = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: '1', start: '../secrets' })).toString(
      'base64url',
    );
    expect((await call(transport, 'GET', `${maps}?continue=${escape}`)).status).toBe(400);
    expect((await call(transport, 'GET', `${maps}?labelSelector=a%3D%3D%3Db`)).status).toBe(400);
    const unknown = await call(transport, 'GET', `${maps}?fieldSelector=spec.x%3D1`);
    expect(unknown.text).toContain('field label not supported: spec.x');
  });

  it('answers 504 for a revision that does not appear', async () => {
    const waiting = call(transport, 'GET', `${maps}?resourceVersion=${(await current()) + 100n}`);
    await clock.advance(3_000);
    expect((await waiting).body).toMatchObject({
      code: 504,
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
  });

  it('answers 410 with a token to go on once the state of a paginated list is compacted', async () => {
    for (const name of ['a', 'b', 'c']) await create(name);
    // Seventeen newer lists push the first one out of the remembered states.
    const first = await call(transport, 'GET', `${maps}?limit=1`);
    for (let n = 0; n < 17; n++) {
      await create(`d${n}`);
      await call(transport, 'GET', `${maps}?limit=1`);
    }
    const token = first.body.metadata.continue;
    const second = await call(transport, 'GET', `${maps}?limit=1&continue=${token}`);
    expect(names(second.body)).toEqual(['b']);
    await storage.compact(await current());
    const exact = await call(transport, 'GET', `${maps}?resourceVersion=2&resourceVersionMatch=Exact`);
    expect(exact.body).toMatchObject({ code: 410, reason: 'Expired', metadata: {} });
    const expired = await call(transport, 'GET', `${maps}?limit=1&continue=${token}`);
    expect(expired.body).toMatchObject({ code: 410, reason: 'Expired' });
    const rest = await call(transport, 'GET', `${maps}?limit=2&continue=${expired.body.metadata.continue}`);
    expect(names(rest.body)).toEqual(['b', 'c']);
  });
});

describe('watch', () => {
  it('starts strictly after a revision, and tells inside the stream when it is too old', async () => {
    await create('a');
    const revision = await current();
    await change('a', '1');
    const frames = await firstFrames(transport, `${maps}?watch=true&resourceVersion=${revision}`, 1);
    expect(frames[0]).toMatchObject({ type: 'MODIFIED', object: { data: { value: '1' } } });
    // History older than 75 seconds goes with the next event.
    await clock.advance(80_000);
    await change('a', '2');
    await clock.advance(0);
    const [error] = await firstFrames(transport, `${maps}?watch=true&resourceVersion=${revision}`, 1);
    expect(error).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
  });

  it('sends bookmarks every minute and at the end, and ends at its timeout', async () => {
    const { timers } = clock;
    const response = await transport.send({
      method: 'GET',
      path: `${maps}?watch=true&allowWatchBookmarks=true&timeoutSeconds=90&resourceVersion=${await current()}`,
    });
    const texts: string[] = [];
    const reading = (async () => {
      for await (const chunk of response.body) texts.push(Buffer.from(chunk).toString());
    })();
    await clock.advance(59_000);
    expect(texts).toEqual([]);
    await clock.advance(2_000);
    expect(texts).toHaveLength(1);
    await clock.advance(30_000);
    await reading;
    expect(texts.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual(['BOOKMARK', 'BOOKMARK']);
    expect(texts[0]).toContain(`"resourceVersion":"${await current()}"`);
    expect(clock.timers).toBe(timers);
  });

  it('gives all watchers the same order, and shares one frame among those of the same form', async () => {
    const start = await current();
    const watchers = Array.from({ length: 5 }, () =>
      firstFrames(transport, `/api/v1/configmaps?watch=true&resourceVersion=${start}`, 40),
    );
    await Promise.all(Array.from({ length: 40 }, (_, n) => create(`m${n}`)));
    const seen = (await Promise.all(watchers)).map((frames) =>
      frames.map(({ object }) => object.metadata.resourceVersion),
    );
    expect(seen[0]).toHaveLength(40);
    expect(new Set(seen.map((each) => each.join())).size).toBe(1);
    const versions = seen[0]?.map(BigInt) ?? [];
    expect(versions).toEqual([...versions].sort((a, b) => (a < b ? -1 : 1)));
  });

  it('ends for a reader that falls behind the history', async () => {
    await create('a');
    const response = await transport.send({
      method: 'GET',
      path: `${maps}?watch=true&resourceVersion=${await current()}`,
    });
    const reader = response.body[Symbol.asyncIterator]();
    const first = reader.next();
    await change('a', '1');
    await first;
    await change('a', '2');
    await clock.advance(80_000);
    await change('a', '3');
    await clock.advance(0);
    expect(await reader.next()).toMatchObject({ done: true });
  });

  it('goes on over a restart where the storage has the history', async () => {
    await create('a');
    const revision = await current();
    await change('a', '1');
    // A second server on the same storage stands for a restart.
    const second = await startTestApiServer({ storage, clock });
    const [frame] = await firstFrames(second.transport, `${maps}?watch=true&resourceVersion=${revision}`, 1);
    expect(frame).toMatchObject({ type: 'MODIFIED', object: { data: { value: '1' } } });
  });

  it('takes the old prefix', async () => {
    await create('a');
    const [frame] = await firstFrames(transport, '/api/v1/watch/namespaces/default/configmaps/a', 1);
    expect(frame).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
  });
});

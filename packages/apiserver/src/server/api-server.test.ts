import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transport } from '@kubewright/informer';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStorage } from '../storage/memory-storage.js';
import { SqliteStorage } from '../storage/sqlite-storage.js';
import type { Storage } from '../storage/storage.js';
import { startTestApiServer } from '../testing/start-test-api-server.js';
import type { TestApiServer } from '../testing/start-test-api-server.js';
import { call, firstFrames } from '../testing/requests.js';
import type { Answer } from '../testing/requests.js';

let server: TestApiServer;
let transport: Transport;
const directories: string[] = [];
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true }))));

async function sqlite(): Promise<Storage> {
  const directory = await mkdtemp(join(tmpdir(), 'kubewright-server-'));
  directories.push(directory);
  return SqliteStorage.open(directory);
}

const storages = { memory: () => Promise.resolve(new MemoryStorage()), SQLite: sqlite };

describe.each(Object.entries(storages))('ApiServer on %s', (_, open) => {
  beforeEach(async () => {
    server = await startTestApiServer({ storage: await open() });
    ({ transport } = server);
  });
  afterEach(() => server.stop());

  const configMap = (name: string, data: object = {}, labels?: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...(labels ? { labels } : {}) },
    data,
  });
  const maps = '/api/v1/namespaces/default/configmaps';

  it('creates, gets, updates and deletes, with versions that grow', async () => {
    const created = await call(transport, 'POST', maps, configMap('a', { k: '1' }));
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'default' },
      data: { k: '1' },
    });
    const { uid, resourceVersion, creationTimestamp } = created.body.metadata;
    expect(uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect((await call(transport, 'GET', `${maps}/a`)).body).toEqual(created.body);

    const updated = await call(transport, 'PUT', `${maps}/a`, { ...created.body, data: { k: '2' } });
    expect(updated.status).toBe(200);
    expect(BigInt(updated.body.metadata.resourceVersion)).toBeGreaterThan(BigInt(resourceVersion));
    const stale = await call(transport, 'PUT', `${maps}/a`, { ...created.body, data: { k: '3' } });
    expect([stale.status, stale.body.reason]).toEqual([409, 'Conflict']);
    const same = await call(transport, 'PUT', `${maps}/a`, updated.body);
    expect(same.body.metadata.resourceVersion).toBe(updated.body.metadata.resourceVersion);

    const deleted = await call(transport, 'DELETE', `${maps}/a`);
    expect(deleted.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'a', kind: 'configmaps', uid },
    });
    expect((await call(transport, 'GET', `${maps}/a`)).body).toMatchObject({
      kind: 'Status',
      code: 404,
      reason: 'NotFound',
    });
  });

  it('refuses what exists, what has no name, and what is not valid', async () => {
    await call(transport, 'POST', maps, configMap('a'));
    expect((await call(transport, 'POST', maps, configMap('a'))).body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
    const bad = await call(transport, 'POST', maps, configMap('Not_A_Name'));
    expect(bad.body).toMatchObject({ code: 422, reason: 'Invalid', details: { causes: [{ field: 'metadata.name' }] } });
    const nameless = await call(transport, 'POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} });
    expect(nameless.body.message).toContain('name or generateName is required');
    const foreign = await call(transport, 'POST', maps, { ...configMap('b'), kind: 'Secret' });
    expect(foreign.status).toBe(400);
    expect((await call(transport, 'GET', '/api/v1/unknown')).status).toBe(404);
    expect((await call(transport, 'POST', maps, '{"a":')).body.message).toContain('json parse error');
  });

  it('generates names', async () => {
    const { body } = await call(transport, 'POST', maps, { ...configMap(''), metadata: { generateName: 'job-' } });
    expect(body.metadata.name).toMatch(/^job-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('lists with selectors and in pages of one revision', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await call(transport, 'POST', maps, configMap(name, {}, { odd: String(name < 'c') }));
    const odd = await call(transport, 'GET', `${maps}?labelSelector=odd%3Dtrue`);
    expect(odd.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    const names = ({ body }: Answer) => body.items.map(({ metadata }) => metadata.name);
    expect(names(odd)).toEqual(['a', 'b']);
    const one = await call(transport, 'GET', `${maps}?fieldSelector=metadata.name%3Dc`);
    expect(names(one)).toEqual(['c']);
    const first = await call(transport, 'GET', `${maps}?limit=2`);
    expect([names(first), first.body.metadata.remainingItemCount]).toEqual([['a', 'b'], 3]);
    await call(transport, 'DELETE', `${maps}/d`);
    const second = await call(transport, 'GET', `${maps}?limit=9&continue=${first.body.metadata.continue}`);
    expect(names(second)).toEqual(['c', 'd', 'e']);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    expect(second.body.metadata.continue).toBeUndefined();
  });

  it('watches from a list on, and from nothing', async () => {
    await call(transport, 'POST', maps, configMap('a', { k: '1' }));
    const list = await call(transport, 'GET', maps);
    const live = firstFrames(transport, `${maps}?watch=true&resourceVersion=${list.body.metadata.resourceVersion}`, 3);
    await call(transport, 'PATCH', `${maps}/a`, { data: { k: '2' } }, 'application/merge-patch+json');
    await call(transport, 'POST', maps, configMap('b'));
    await call(transport, 'DELETE', `${maps}/a`);
    const frames = await live;
    expect(frames.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['MODIFIED', 'a'],
      ['ADDED', 'b'],
      ['DELETED', 'a'],
    ]);
    const versions = frames.map(({ object }) => BigInt(object.metadata.resourceVersion));
    expect(versions).toEqual(versions.toSorted((a, b) => (a < b ? -1 : 1)));
    const initial = await firstFrames(
      transport,
      `${maps}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      2,
    );
    expect(initial.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
    expect(initial[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  });

  it('shows objects that leave and enter a selection as deleted and added', async () => {
    const watching = firstFrames(transport, `${maps}?watch=true&labelSelector=on%3Dyes`, 3);
    await call(transport, 'POST', maps, configMap('a', {}, { on: 'yes' }));
    await call(transport, 'PATCH', `${maps}/a`, { metadata: { labels: { on: 'no' } } }, 'application/merge-patch+json');
    await call(
      transport,
      'PATCH',
      `${maps}/a`,
      { metadata: { labels: { on: 'yes' } } },
      'application/merge-patch+json',
    );
    expect((await watching).map(({ type, object }) => [type, object.metadata.labels.on])).toEqual([
      ['ADDED', 'yes'],
      ['DELETED', 'yes'],
      ['ADDED', 'yes'],
    ]);
  });

  it('keeps an object until its finalizers are gone', async () => {
    const finalized = { ...configMap('a'), metadata: { name: 'a', finalizers: ['example.com/hold'] } };
    await call(transport, 'POST', maps, finalized);
    const deleting = await call(transport, 'DELETE', `${maps}/a`);
    expect(deleting.body).toMatchObject({ kind: 'ConfigMap', metadata: { deletionGracePeriodSeconds: 0 } });
    const more = { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } };
    const refused = await call(transport, 'PATCH', `${maps}/a`, more, 'application/merge-patch+json');
    expect(refused.body.message).toContain('no new finalizers can be added');
    await call(transport, 'PATCH', `${maps}/a`, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    expect((await call(transport, 'GET', `${maps}/a`)).status).toBe(404);
  });

  it('lets nobody in without the right', async () => {
    const nobody = server.server.transport({ name: 'jane', groups: [] });
    const { body } = await call(nobody, 'GET', maps);
    expect(body).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(body.message).toContain(
      'User "jane" cannot list resource "configmaps" in API group "" in the namespace "default"',
    );
  });
});

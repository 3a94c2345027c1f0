import type { DeepReadonly, KubeObject } from '@kubewright/api';
import { LabelSelector } from '@kubewright/api';
import type { Pod } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { Lister } from './lister.js';
import { objectPreparer } from './prepare-object.js';
import { Store } from './store.js';

const pod = (
  name: string,
  uid: string,
  resourceVersion: string,
  labels: Record<string, string> = {},
  namespace = 'default',
): DeepReadonly<Pod> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, uid, resourceVersion, labels },
});
const upsert = (object: DeepReadonly<Pod>) => ({ type: 'upsert' as const, object });
const remove = (object: DeepReadonly<Pod>) => ({ type: 'delete' as const, object });
const brief = (
  changes: readonly { type: string; key: string; object: DeepReadonly<Pod>; finalStateUnknown: boolean }[],
): string[] =>
  changes.map(
    ({ type, key, object, finalStateUnknown }) =>
      `${type} ${key} ${object.metadata.uid}${finalStateUnknown ? ' unknown' : ''}`,
  );

const unexpected = (index: string, error: unknown): never => {
  throw new Error(`index ${index} failed`, { cause: error });
};

describe('Store', () => {
  it('tells additions, changes and deletions apart', () => {
    const store = new Store<Pod>(unexpected);
    expect(brief(store.apply([upsert(pod('a', 'u1', '1'))], '1'))).toEqual(['added default/a u1']);
    expect(
      brief(store.apply([upsert(pod('a', 'u1', '2')), remove(pod('a', 'u1', '3')), remove(pod('a', 'u1', '4'))], '4')),
    ).toEqual(['modified default/a u1', 'deleted default/a u1']);
    expect(store.resourceVersion).toBe('4');
  });

  it('tells a change of uid as an end and a beginning', () => {
    const store = new Store<Pod>(unexpected);
    store.apply([upsert(pod('a', 'u1', '1'))], '1');
    expect(brief(store.apply([upsert(pod('a', 'u2', '2'))], '2'))).toEqual([
      'deleted default/a u1 unknown',
      'added default/a u2',
    ]);
  });

  it('replaces: deletions first, nothing for what did not change, and keeps the objects that stay', () => {
    const store = new Store<Pod>(unexpected);
    const kept = pod('kept', 'u1', '1');
    store.replace([kept, pod('gone', 'u2', '2'), pod('changed', 'u3', '3'), pod('reborn', 'u4', '4')], '4');
    const changes = store.replace(
      [pod('new', 'u6', '9'), pod('kept', 'u1', '1'), pod('changed', 'u3', '8'), pod('reborn', 'u5', '7')],
      '9',
    );
    expect(brief(changes)).toEqual([
      'deleted default/gone u2 unknown',
      'added default/new u6',
      'modified default/changed u3',
      'deleted default/reborn u4 unknown',
      'added default/reborn u5',
    ]);
    expect(store.get('default/kept')).toBe(kept);
  });

  it('keeps its indexes in step and forgets values that nobody has', () => {
    const store = new Store<Pod>(unexpected);
    store.apply([upsert(pod('a', 'u1', '1', { app: 'web' }))], '1');
    const byApp = ({ metadata }: DeepReadonly<Pod>): string[] =>
      metadata.labels?.['app'] === undefined ? [] : [metadata.labels['app']];
    store.addIndex('app', byApp);
    store.addIndex('app', byApp);
    store.apply([upsert(pod('b', 'u2', '2', { app: 'web' })), upsert(pod('a', 'u1', '3', { app: 'db' }))], '3');
    expect(store.byIndex('app', 'web').map(({ metadata }) => metadata.name)).toEqual(['b']);
    store.apply([remove(pod('b', 'u2', '4'))], '4');
    expect([...store.indexValues('app')]).toEqual(['db']);
    expect(() => store.addIndex('app', () => [])).toThrow(/another function/);
    expect(() => store.byIndex('nope', 'x')).toThrow(/declared are namespace, app/);
  });

  it('keeps an object whose index function throws, under no value', () => {
    const failed: string[] = [];
    const store = new Store<Pod>((index) => failed.push(index));
    store.addIndex('bad', ({ metadata }) => {
      if (metadata.name === 'b') throw new Error('bad object');
      return ['all'];
    });
    store.apply([upsert(pod('a', 'u1', '1')), upsert(pod('b', 'u2', '2'))], '2');
    expect([store.size, store.byIndex('bad', 'all').length, failed]).toEqual([2, 1, ['bad']]);
  });

  it('wakes who waits for a version or a key, and nobody else', async () => {
    const store = new Store<Pod>(unexpected);
    const leaving = new AbortController();
    const version = store.waitFor('10');
    const key = store.waitForKey('default/a', (object) => object === undefined);
    await key;
    const present = store.waitForKey('default/a', (object) => object !== undefined);
    const given = store.waitFor('99', leaving.signal);
    leaving.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    store.apply([upsert(pod('a', 'u1', '9'))], '9');
    await present;
    let isReached = false;
    void version.then(() => (isReached = true));
    await Promise.resolve();
    expect(isReached).toBe(false);
    store.apply([], '10');
    await version;
    await expect(store.waitFor('abc')).rejects.toThrow(/not a resourceVersion/);
    const forever = store.waitFor('1000');
    store.clear();
    await expect(forever).rejects.toThrow(/store was closed/);
  });

  it('lets nobody suffer from a condition that throws but who waits for it', async () => {
    const store = new Store<Pod>(unexpected);
    const broken = store.waitForKey('default/a', (object) => {
      if (object !== undefined) throw new Error('bad condition');
      return false;
    });
    const fine = store.waitForKey('default/a', (object) => object !== undefined);
    const caught = expect(broken).rejects.toThrow('bad condition');
    expect(brief(store.apply([upsert(pod('a', 'u1', '1'))], '1'))).toEqual(['added default/a u1']);
    await Promise.all([caught, fine]);
  });

  it('invariant 6: compares resourceVersions beyond 2^53 exactly', async () => {
    const store = new Store<Pod>(unexpected);
    store.apply([], '9007199254740992');
    let isReached = false;
    const waiting = store.waitFor('9007199254740993').then(() => (isReached = true));
    await Promise.resolve();
    expect(isReached).toBe(false);
    store.apply([], '10007199254740992');
    await waiting;
  });
});

describe('Lister', () => {
  const store = new Store<Pod>(unexpected);
  store.replace(
    [
      pod('a', 'u1', '1', { app: 'web' }),
      pod('b', 'u2', '2', { app: 'db' }),
      pod('c', 'u3', '3', { app: 'web' }, 'other'),
    ],
    '3',
  );
  const lister = new Lister(store);
  const names = (found: readonly DeepReadonly<Pod>[]): string[] =>
    found.map(({ metadata }) => metadata.name ?? '').sort();

  it('gets by key', () => expect(lister.get({ name: 'a', namespace: 'default' })).toBe(lister.get('default/a')));
  it('lists by namespace and labels', () => {
    expect(names(lister.list())).toEqual(['a', 'b', 'c']);
    expect(names(lister.list({ namespace: 'default' }))).toEqual(['a', 'b']);
    expect(names(lister.list({ labelSelector: LabelSelector.parse('app=web') }))).toEqual(['a', 'c']);
    expect(names(lister.list({ namespace: 'other', labelSelector: LabelSelector.parse('app!=web') }))).toEqual([]);
  });
});

describe('objectPreparer', () => {
  it('freezes an object that is as deep as API servers take one', () => {
    const metadata = '{"metadata":{"name":"deep"},"spec":';
    const deep = JSON.parse(`${metadata}${'{"a":'.repeat(9_998)}[{}]${'}'.repeat(9_999)}`) as KubeObject;
    let inner: unknown = objectPreparer({ freeze: true })(deep);
    let frozen = 0;
    while (typeof inner === 'object' && inner !== null && Object.isFrozen(inner)) {
      frozen++;
      inner = Object.values(inner).at(-1);
    }
    expect([frozen, inner]).toEqual([10_001, undefined]);
  });

  const withFields = (): Pod => ({
    ...(pod('a', 'u1', '1') as Pod),
    metadata: { name: 'a', managedFields: [{ manager: 'kubectl' }, { manager: 'mine' }] },
    spec: { containers: [{ name: 'c' }] },
  });

  it('invariant 4: freezes to any depth where told so, and drops managedFields unless told otherwise', () => {
    const prepared = objectPreparer({ freeze: true })(withFields());
    expect('managedFields' in prepared.metadata).toBe(false);
    expect(() => Object.assign(prepared.spec?.containers[0] ?? {}, { name: 'x' })).toThrow(TypeError);
    expect(objectPreparer({ managedFields: ['mine'] })(withFields()).metadata.managedFields).toEqual([
      { manager: 'mine' },
    ]);
    expect(objectPreparer({ managedFields: 'all' })(withFields()).metadata.managedFields).toHaveLength(2);
    expect(Object.isFrozen(objectPreparer()(withFields()))).toBe(false);
  });
});

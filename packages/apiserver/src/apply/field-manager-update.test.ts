import type { GroupVersionKind, Json, JsonObject, Schema } from '@kubewright/api';
import { builtinSchema, schemaOfKind } from '@kubewright/api/schemas';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ReadonlyJsonObject } from '@kubewright/api/json';
import { FieldManager } from './field-manager.js';
import { FieldSet } from './field-set.js';
import { keepManagedFieldsTimes } from './object-metadata.js';

const pod: GroupVersionKind = { group: '', version: 'v1', kind: 'Pod' };
const widget: GroupVersionKind = { group: 'example.com', version: 'v1', kind: 'Widget' };
const start = '2026-01-01T00:00:00Z';
let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});

function managerOf(kind: GroupVersionKind, schema: Schema | undefined): FieldManager {
  return new FieldManager({
    kind,
    schema,
    resolve: builtinSchema,
    resetFields: new Map([['', FieldSet.of(['f:status'])]]),
    clock,
  });
}

const pods = (): FieldManager => managerOf(pod, schemaOfKind(pod));
const podOf = (spec: Json, metadata: object = {}): JsonObject =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata }, spec }) as JsonObject;
const widgetOf = (spec: Json, metadata: object = {}): JsonObject =>
  ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', ...metadata }, spec }) as JsonObject;
const metadata = (object: JsonObject): JsonObject => object['metadata'] as JsonObject;
const entries = (object: JsonObject): JsonObject[] => (metadata(object)['managedFields'] ?? []) as JsonObject[];
const fields = (object: JsonObject): Record<string, Json | undefined> =>
  Object.fromEntries(entries(object).map((entry) => [entry['manager'] as string, entry['fieldsV1']]));

describe('recordUpdate', () => {
  const update = (
    live: ReadonlyJsonObject | undefined,
    updated: JsonObject,
    manager = 'bob',
    subresource = '',
  ): JsonObject => pods().recordUpdate({ live, updated, manager, subresource });
  const created = (): JsonObject =>
    update(
      undefined,
      podOf(
        { nodeName: 'a', containers: [{ name: 'c', image: 'x', resources: {} }] },
        { labels: { a: '1' }, uid: 'u', generation: 1 },
      ),
    );

  it('owns everything of a create but what the server writes', () => {
    expect(entries(created())).toEqual([
      {
        manager: 'bob',
        operation: 'Update',
        apiVersion: 'v1',
        time: start,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
          'f:spec': {
            'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:resources': {} } },
            'f:nodeName': {},
          },
        },
      },
    ]);
  });

  it('changes nothing where nothing changed, times included', async () => {
    const live = created();
    await clock.advance(60_000);
    const updated = structuredClone(live);
    metadata(updated)['resourceVersion'] = '7';
    expect(entries(update(live, updated, 'carol'))).toEqual(entries(live));
  });

  it('takes managedFields from the live object where the request has none', () => {
    const live = created();
    const { managedFields: _managedFields, ...rest } = metadata(live);
    expect(entries(update(live, { ...live, metadata: rest }, 'carol'))).toEqual(entries(live));
  });

  it('moves what changed to its author', async () => {
    const live = created();
    await clock.advance(1000);
    const updated = update(
      live,
      { ...live, spec: { nodeName: 'b', containers: [{ name: 'c', image: 'x', resources: {} }] } },
      'carol',
    );
    expect(fields(updated)['carol']).toEqual({ 'f:spec': { 'f:nodeName': {} } });
    expect(JSON.stringify(fields(updated)['bob'])).not.toContain('nodeName');
    expect(entries(updated).map(({ manager, time }) => [manager, time])).toEqual([
      ['bob', start],
      ['carol', '2026-01-01T00:00:01Z'],
    ]);
  });

  it('adds to the author’s former entry', () => {
    const live = created();
    const updated = update(live, { ...live, spec: { ...(live['spec'] as object), hostname: 'h' } }, 'bob');
    expect(entries(updated)).toHaveLength(1);
    expect(fields(updated)['bob']).toMatchObject({ 'f:spec': { 'f:hostname': {}, 'f:nodeName': {} } });
  });

  it('takes what was removed from everybody', () => {
    const live = created();
    const updated = update(live, { ...live, metadata: { name: 'p', uid: 'u', generation: 1 } }, 'carol');
    expect(JSON.stringify(entries(updated))).not.toContain('f:labels');
  });

  it('drops managers that have nothing left', () => {
    const live = update(
      created(),
      podOf({ nodeName: 'b', containers: [{ name: 'c', image: 'x', resources: {} }] }, { labels: { a: '1' } }),
      'carol',
    );
    const updated = update(
      live,
      podOf({ nodeName: 'c', containers: [{ name: 'c', image: 'x', resources: {} }] }, { labels: { a: '1' } }),
      'dave',
    );
    expect(Object.keys(fields(updated))).toEqual(['bob', 'dave']);
  });

  it('keeps one entry per subresource', () => {
    const live = created();
    const updated = update(live, { ...live, status: { phase: 'Running' } }, 'bob', 'status');
    expect(entries(updated).map(({ manager, subresource }) => [manager, subresource])).toEqual([
      ['bob', undefined],
      ['bob', 'status'],
    ]);
  });

  it('records no field that the subresource resets', () => {
    const live = created();
    expect(entries(update(live, { ...live, status: { phase: 'Running' } }, 'carol'))).toEqual(entries(live));
  });

  it('does not track an object whose managers were forgotten', () => {
    for (const reset of [[], [{}]]) {
      const live = created();
      const forgotten = update(live, { ...live, metadata: { ...metadata(live), managedFields: reset } });
      expect(metadata(forgotten)).not.toHaveProperty('managedFields');
      expect(metadata(update(forgotten, podOf({ nodeName: 'z' })))).not.toHaveProperty('managedFields');
    }
  });

  it('takes valid managedFields from the request, of the main resource only', () => {
    const live = created();
    const entry = {
      manager: 'x',
      operation: 'Apply',
      apiVersion: 'v1',
      time: start,
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:nodeName': {} } },
    };
    const requested = { ...live, metadata: { ...metadata(live), managedFields: [entry] } };
    expect(entries(update(live, requested))).toEqual([entry]);
    expect(entries(update(live, requested, 'bob', 'status'))).toEqual(entries(live));
  });

  it.each<readonly [name: string, entry: Json]>([
    ['another operation', { manager: 'x', operation: 'Patch', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
    ['no version', { manager: 'x', operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1: {} }],
    ['no fieldsType', { manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsV1: {} }],
    [
      'fields that are none',
      { manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { spec: {} } },
    ],
    ['no object', 'text'],
  ])('falls back to the live managers for an entry with %s', (_name, entry) => {
    const live = created();
    const requested = { ...live, metadata: { ...metadata(live), managedFields: [entry] } } as JsonObject;
    expect(entries(update(live, requested))).toEqual(entries(live));
  });

  it('names an unnamed manager unknown', () => {
    expect(Object.keys(fields(update(undefined, podOf({ nodeName: 'a' }), '')))).toEqual(['unknown']);
  });

  it('does not fail on values that do not fit', () => {
    for (const spec of [
      'text',
      [1],
      { containers: { a: 1 } },
      { containers: ['x', null] },
      { nodeName: { deep: [1] } },
    ] as Json[]) {
      const live = update(undefined, podOf(spec));
      expect(entries(update(live, podOf({ nodeName: 'a' })))).not.toEqual([]);
    }
  });

  it('changes neither live nor updated', () => {
    const live = created();
    const updated = podOf({ nodeName: 'b' });
    const before = structuredClone({ live, updated });
    update(live, updated, 'carol');
    expect({ live, updated }).toEqual(before);
  });

  it('merges the oldest of more than ten updaters', async () => {
    let object = update(undefined, podOf({ nodeName: 'a' }, { labels: { l0: '' } }), 'm0');
    for (let i = 1; i <= 11; i++) {
      await clock.advance(1000);
      const labels = Object.fromEntries(Array.from({ length: i + 1 }, (_, n) => [`l${n}`, '']));
      object = update(object, podOf({ nodeName: 'a' }, { labels }), `m${i}`);
    }
    expect(entries(object).map(({ manager }) => manager)).toEqual([
      'ancient-changes',
      'm3',
      'm4',
      'm5',
      'm6',
      'm7',
      'm8',
      'm9',
      'm10',
      'm11',
    ]);
    expect(fields(object)['ancient-changes']).toMatchObject({
      'f:metadata': { 'f:labels': { 'f:l0': {}, 'f:l1': {}, 'f:l2': {} } },
    });
    expect(entries(object)[0]).toMatchObject({ time: '2026-01-01T00:00:02Z' });
  });

  it('turns fields of a list that became atomic into the list', () => {
    const stored = {
      manager: 'x',
      operation: 'Apply',
      apiVersion: 'v1',
      time: start,
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:spec': { 'f:tolerations': { 'k:{"key":"a"}': { '.': {}, 'f:key': {} } }, 'f:nodeSelector': { 'f:a': {} } },
      },
    };
    const live = podOf({ nodeName: 'a' }, { managedFields: [stored] });
    expect(fields(update(live, podOf({ nodeName: 'b' })))['x']).toEqual({
      'f:spec': { 'f:nodeSelector': {}, 'f:tolerations': {} },
    });
  });
});

describe('custom resources', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      metadata: { type: 'object' },
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer' },
          embedded: {
            type: 'object',
            'x-kubernetes-embedded-resource': true,
            properties: { data: { type: 'string' } },
          },
          extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  };

  it('have the metadata of every object', () => {
    const result = managerOf(widget, schema).applyPatch({
      live: undefined,
      config: widgetOf({ size: 1 }, { finalizers: ['a'] }),
      manager: 'alice',
      force: false,
      subresource: '',
    });
    expect(fields(result)['alice']).toEqual({
      'f:metadata': { 'f:finalizers': { 'v:"a"': {} } },
      'f:spec': { 'f:size': {} },
    });
  });

  it('own the new spec itself when they are created by an update', () => {
    const result = managerOf(widget, schema).recordUpdate({
      live: undefined,
      updated: widgetOf({ size: 1 }),
      manager: 'bob',
      subresource: '',
    });
    expect(fields(result)['bob']).toEqual({ 'f:spec': { '.': {}, 'f:size': {} } });
  });

  it('refuse fields that a closed schema does not declare, and take any that an open one leaves', () => {
    const apply = (spec: Json): JsonObject =>
      managerOf(widget, schema).applyPatch({
        live: undefined,
        config: widgetOf(spec),
        manager: 'a',
        force: false,
        subresource: '',
      });
    expect(() => apply({ colour: 'red' })).toThrow('.spec.colour: field not declared in schema');
    expect(fields(apply({ extra: { colour: 'red' } }))['a']).toEqual({ 'f:spec': { 'f:extra': { 'f:colour': {} } } });
  });

  it('embed objects with the metadata of every object', () => {
    const embedded = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { finalizers: ['a'] }, data: 'x' };
    const result = managerOf(widget, schema).applyPatch({
      live: undefined,
      config: widgetOf({ embedded }),
      manager: 'alice',
      force: false,
      subresource: '',
    });
    expect(fields(result)['alice']).toMatchObject({
      'f:spec': { 'f:embedded': { 'f:kind': {}, 'f:metadata': { 'f:finalizers': { 'v:"a"': {} } } } },
    });
  });

  it('without a schema divide maps and keep lists whole', () => {
    const manager = managerOf(widget, undefined);
    const live = manager.applyPatch({
      live: undefined,
      config: widgetOf({ m: { a: 1, b: 2 }, l: [{ name: 'x' }] }),
      manager: 'alice',
      force: false,
      subresource: '',
    });
    const merged = manager.applyPatch({
      live,
      config: widgetOf({ m: { a: 1 }, l: [{ name: 'y' }] }),
      manager: 'alice',
      force: false,
      subresource: '',
    });
    expect(merged['spec']).toEqual({ m: { a: 1 }, l: [{ name: 'y' }] });
  });

  it('settle: whatever two managers apply and update, applying again changes nothing', async () => {
    const random = new SeededRandom(11);
    const value = (depth: number): Json => {
      const n = random.next();
      if (depth === 0 || n < 0.3) return Math.floor(random.next() * 4);
      if (n < 0.45) return [value(depth - 1)];
      return Object.fromEntries(
        ['a', 'b', 'c'].filter(() => random.next() < 0.5).map((key) => [key, value(depth - 1)]),
      );
    };
    for (let round = 0; round < 150; round++) {
      const manager = managerOf(widget, undefined);
      let live: JsonObject | undefined;
      for (let step = 0; step < 6; step++) {
        await clock.advance(1000);
        const object = widgetOf({ x: value(3), y: value(2) });
        const name = random.next() < 0.5 ? 'alice' : 'carol';
        if (random.next() < 0.3) live = manager.recordUpdate({ live, updated: object, manager: name, subresource: '' });
        else {
          live = manager.applyPatch({ live, config: object, manager: name, force: true, subresource: '' });
          await clock.advance(1000);
          expect(manager.applyPatch({ live, config: object, manager: name, force: false, subresource: '' })).toEqual(
            live,
          );
        }
      }
    }
  });
});

describe('keepManagedFieldsTimes', () => {
  const entry = (time: string, more: object = {}): object => ({ manager: 'a', operation: 'Update', time, ...more });
  const live = podOf({ nodeName: 'a' }, { managedFields: [entry('1')], resourceVersion: '1' });

  it('takes back a time that is all that changed', () => {
    expect(keepManagedFieldsTimes(live, podOf({ nodeName: 'a' }, { managedFields: [entry('2')] }))).toEqual(
      podOf({ nodeName: 'a' }, { managedFields: [entry('1')] }),
    );
  });

  it.each<readonly [string, JsonObject]>([
    ['the object', podOf({ nodeName: 'b' }, { managedFields: [entry('2')] })],
    ['an entry', podOf({ nodeName: 'a' }, { managedFields: [entry('2', { fieldsV1: {} })] })],
    ['the number of entries', podOf({ nodeName: 'a' }, { managedFields: [entry('2'), entry('2')] })],
  ])('keeps the new time where %s changed', (_name, updated) => {
    expect(keepManagedFieldsTimes(live, updated)).toBe(updated);
  });
});

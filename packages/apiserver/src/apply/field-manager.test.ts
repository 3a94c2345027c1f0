import { StatusError } from '@kubewright/api';
import type { GroupVersionKind, Json, JsonObject, Schema } from '@kubewright/api';
import { builtinSchema, schemaOfKind } from '@kubewright/api/schemas';
import { FakeClock } from '@kubewright/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ReadonlyJsonObject } from '@kubewright/api/json';
import { FieldManager } from './field-manager.js';
import { FieldSet } from './field-set.js';

const deployment: GroupVersionKind = { group: 'apps', version: 'v1', kind: 'Deployment' };
const start = '2026-01-01T00:00:00Z';
let clock: FakeClock;
let manager: FieldManager;

function managerOf(kind: GroupVersionKind, schema: Schema | undefined = schemaOfKind(kind)): FieldManager {
  const resetFields = new Map([
    ['', FieldSet.of(['f:status'])],
    ['status', FieldSet.of(['f:spec'])],
  ]);
  return new FieldManager({ kind, schema, resolve: builtinSchema, resetFields, clock });
}

beforeEach(() => {
  clock = new FakeClock();
  manager = managerOf(deployment);
});

function web(spec: Json = { replicas: 1 }, metadata: object = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', ...metadata },
    spec,
  } as JsonObject;
}

/** A configuration that states nothing of the object. */
const nothing: ReadonlyJsonObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
};

const containers = (...items: readonly Json[]): Json => ({ template: { spec: { containers: items } } });
const apply = (
  live: ReadonlyJsonObject | undefined,
  config: ReadonlyJsonObject,
  name = 'alice',
  force = false,
  subresource = '',
): JsonObject => manager.applyPatch({ live, config, manager: name, force, subresource });
const update = (
  live: ReadonlyJsonObject | undefined,
  updated: JsonObject,
  name = 'bob',
  subresource = '',
): JsonObject => manager.recordUpdate({ live, updated, manager: name, subresource });
const metadata = (object: JsonObject): JsonObject => object['metadata'] as JsonObject;
const entries = (object: JsonObject): JsonObject[] => (metadata(object)['managedFields'] ?? []) as JsonObject[];
const owns = (object: JsonObject, name: string): Json | undefined =>
  entries(object).find((entry) => entry['manager'] === name)?.['fieldsV1'];
const bare = (object: JsonObject): JsonObject => {
  const { managedFields: _managedFields, ...rest } = metadata(object);
  return { ...object, metadata: rest };
};

function refusal(act: () => unknown): StatusError {
  try {
    act();
  } catch (error) {
    if (StatusError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('apply', () => {
  it('creates', () => {
    const created = apply(undefined, web({ replicas: 3 }, { labels: { a: '1' } }));
    expect(bare(created)).toEqual(web({ replicas: 3 }, { labels: { a: '1' } }));
    expect(entries(created)).toEqual([
      {
        manager: 'alice',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: start,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:a': {} } }, 'f:spec': { 'f:replicas': {} } },
      },
    ]);
    expect(Object.keys(entries(created)[0] ?? {})).toEqual([
      'manager',
      'operation',
      'apiVersion',
      'time',
      'fieldsType',
      'fieldsV1',
    ]);
  });

  it('changes nothing when it applies the same again, time included', async () => {
    const created = apply(undefined, web());
    await clock.advance(60_000);
    expect(apply(created, web())).toEqual(created);
  });

  it('ignores the null that clients send for creationTimestamp', async () => {
    const created = { ...apply(undefined, web()) };
    metadata(created)['creationTimestamp'] = start;
    await clock.advance(60_000);
    expect(apply(created, web({ replicas: 1 }, { creationTimestamp: null }))).toEqual(created);
  });

  it('takes the order of the configuration, and nothing else where only the order changed', () => {
    const created = apply(undefined, web(containers({ name: 'a' }, { name: 'b' })));
    const reordered = apply(created, web(containers({ name: 'b' }, { name: 'a' })));
    expect(reordered['spec']).toEqual(containers({ name: 'b' }, { name: 'a' }));
    expect(owns(reordered, 'alice')).toEqual(owns(created, 'alice'));
  });

  it('hands on the resourceVersion that the configuration demands', () => {
    const created = apply(undefined, web());
    metadata(created)['resourceVersion'] = '5';
    expect(metadata(apply(created, web()))['resourceVersion']).toBe('5');
    expect(metadata(apply(created, web({ replicas: 1 }, { resourceVersion: '4' })))['resourceVersion']).toBe('4');
  });

  it('renews the time with a change', async () => {
    const created = apply(undefined, web());
    await clock.advance(60_000);
    expect(entries(apply(created, web({ replicas: 2 })))[0]).toMatchObject({ time: '2026-01-01T00:01:00Z' });
  });

  it('removes what it no longer applies', () => {
    const created = apply(undefined, web({ replicas: 1, paused: true }, { labels: { a: '1', b: '2' } }));
    const again = apply(created, web({ replicas: 1 }, { labels: { a: '1' } }));
    expect(bare(again)).toEqual(web({ replicas: 1 }, { labels: { a: '1' } }));
    expect(owns(again, 'alice')).toEqual({
      'f:metadata': { 'f:labels': { 'f:a': {} } },
      'f:spec': { 'f:replicas': {} },
    });
  });

  it('removes the map that held the last of it', () => {
    const created = apply(undefined, web({ replicas: 1 }, { labels: { a: '1' } }));
    expect(bare(apply(created, web()))).toEqual(web());
  });

  it('keeps what another manager owns too', () => {
    const created = apply(undefined, web({ replicas: 1, paused: true }));
    const shared = apply(created, web({ paused: true }), 'carol');
    expect(owns(shared, 'carol')).toEqual({ 'f:spec': { 'f:paused': {} } });
    const dropped = apply(shared, web({ replicas: 1 }));
    expect(bare(dropped)).toEqual(web({ replicas: 1, paused: true }));
    expect(owns(dropped, 'alice')).toEqual({ 'f:spec': { 'f:replicas': {} } });
  });

  it('keeps what an updater has changed since', () => {
    const created = apply(undefined, web({ replicas: 1, paused: true }));
    const updated = update(created, { ...created, spec: { replicas: 1, paused: false } });
    expect(bare(apply(updated, web({ replicas: 1 })))).toEqual(web({ replicas: 1, paused: false }));
  });

  it('removes an item of a list, and keeps others’ items in their place', () => {
    const created = apply(undefined, web(containers({ name: 'a', image: 'x' }, { name: 'b', image: 'y' })));
    const shared = apply(created, web(containers({ name: 's', image: 'z' })), 'carol');
    const dropped = apply(shared, web(containers({ name: 'b', image: 'y' })));
    expect(bare(dropped)).toEqual(web(containers({ name: 'b', image: 'y' }, { name: 's', image: 'z' })));
  });

  it('removes a field of an item that another manager also has', () => {
    const created = apply(undefined, web(containers({ name: 'a', image: 'x', tty: true })));
    const shared = apply(created, web(containers({ name: 'a', image: 'x' })), 'carol');
    const dropped = apply(shared, nothing);
    expect(bare(dropped)).toEqual(web(containers({ name: 'a', image: 'x' })));
    expect(owns(dropped, 'alice')).toBeUndefined();
  });

  it('merges ports by port and protocol, the protocol defaulted', () => {
    const created = apply(
      undefined,
      web(
        containers({
          name: 'a',
          ports: [
            { containerPort: 53, protocol: 'TCP' },
            { containerPort: 53, protocol: 'UDP' },
          ],
        }),
      ),
    );
    const merged = apply(created, web(containers({ name: 'a', ports: [{ containerPort: 53, name: 'dns' }] })), 'carol');
    expect(bare(merged)).toEqual(
      web(
        containers({
          name: 'a',
          ports: [
            { containerPort: 53, protocol: 'TCP', name: 'dns' },
            { containerPort: 53, protocol: 'UDP' },
          ],
        }),
      ),
    );
  });

  it('shares nothing with the request, and changes nothing of it', () => {
    const live = apply(undefined, web(containers({ name: 'a', image: 'x' })));
    const config = web(containers({ name: 'b', image: 'y' }));
    const before = structuredClone({ live, config });
    const merged = apply(live, config, 'carol');
    (merged['spec'] as JsonObject)['template'] = null;
    for (const entry of entries(merged)) entry['fieldsV1'] = {};
    expect({ live, config }).toEqual(before);
  });

  it('drops a manager that applies nothing', () => {
    const shared = apply(apply(undefined, web()), web({ paused: true }), 'carol');
    expect(entries(apply(shared, nothing, 'carol')).map((entry) => entry['manager'])).toEqual(['alice']);
  });

  it('records what an untracked object held before it', () => {
    const result = apply(web({ replicas: 1, paused: true }), web({ paused: true }));
    expect(entries(result)).toMatchObject([
      { manager: 'alice', operation: 'Apply' },
      {
        manager: 'before-first-apply',
        operation: 'Update',
        fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:paused': {} } },
      },
    ]);
  });

  it('keeps the entries of other versions', () => {
    const created = apply(undefined, web({ replicas: 1 }));
    const old = {
      manager: 'old',
      operation: 'Update',
      apiVersion: 'apps/v1beta1',
      time: start,
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } },
    };
    metadata(created)['managedFields'] = [...entries(created), old];
    const result = apply(created, web({ replicas: 2 }), 'alice', true);
    expect(entries(result)).toContainEqual({ ...old, fieldsV1: { 'f:spec': { 'f:paused': {} } } });
  });

  it('replaces its own entry of another version', () => {
    const created = apply(undefined, web());
    const [entry] = entries(created);
    metadata(created)['managedFields'] = [{ ...entry, apiVersion: 'apps/v1beta1' }];
    expect(entries(apply(created, web())).map(({ apiVersion }) => apiVersion)).toEqual(['apps/v1']);
  });

  it('leaves out what the subresource resets', () => {
    const created = apply(undefined, { ...web(), status: { replicas: 1 } });
    expect(owns(created, 'alice')).toEqual({ 'f:spec': { 'f:replicas': {} } });
    const status = apply(created, { ...web({ replicas: 9 }), status: { replicas: 2 } }, 'alice', true, 'status');
    expect(entries(status)).toMatchObject([
      { fieldsV1: { 'f:spec': {} } },
      { subresource: 'status', fieldsV1: { 'f:status': { 'f:replicas': {} } } },
    ]);
  });

  it.each<readonly [name: string, config: ReadonlyJsonObject, message: string]>([
    ['another kind', { apiVersion: 'apps/v1', kind: 'ReplicaSet' }, 'invalid object type: apps/v1, Kind=ReplicaSet'],
    ['another version', { apiVersion: 'v1', kind: 'Deployment' }, 'invalid object type: /v1, Kind=Deployment'],
    ['no kind', {}, 'invalid object type: /, Kind='],
    ['managedFields', web({}, { managedFields: [] }), 'metadata.managedFields must be nil'],
    [
      'unknown fields',
      web({ replcas: 1 }),
      'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.replcas: field not declared in schema',
    ],
    [
      'duplicate items',
      web(containers({ name: 'a' }, { name: 'a' })),
      'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.template.spec.containers: duplicate entries for key [name="a"]',
    ],
  ])('answers 400 for %s', (_name, config, message) => {
    expect(refusal(() => apply(undefined, config))).toMatchObject({ code: 400, reason: 'BadRequest', message });
  });
});

describe('conflicts', () => {
  it('names the field and its owner', () => {
    const live = update(undefined, web({ replicas: 1 }), 'kubectl-client-side-apply');
    const error = refusal(() => apply(live, web({ replicas: 2 })));
    expect([error.code, error.reason]).toEqual([409, 'Conflict']);
    expect(error.message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
    );
    expect(error.causes).toEqual([
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "kubectl-client-side-apply" using apps/v1',
        field: '.spec.replicas',
      },
    ]);
  });

  it('groups several by owner', () => {
    const live = update(
      apply(undefined, web({ replicas: 1, paused: true })),
      web({ replicas: 1, paused: true, minReadySeconds: 1 }),
      'hpa',
      'scale',
    );
    const error = refusal(() => apply(live, web({ replicas: 2, paused: false, minReadySeconds: 2 }), 'carol'));
    expect(error.message).toBe(
      'Apply failed with 3 conflicts: conflicts with "alice":\n- .spec.paused\n- .spec.replicas\nconflicts with "hpa" with subresource "scale" using apps/v1:\n- .spec.minReadySeconds',
    );
    expect(error.causes).toHaveLength(3);
  });

  it('is none where the values agree: the owners share', () => {
    const live = apply(undefined, web({ replicas: 1 }));
    const shared = apply(live, web({ replicas: 1 }), 'carol');
    expect([owns(shared, 'alice'), owns(shared, 'carol')]).toEqual([
      { 'f:spec': { 'f:replicas': {} } },
      { 'f:spec': { 'f:replicas': {} } },
    ]);
    expect(refusal(() => apply(shared, web({ replicas: 2 }), 'carol')).message).toContain('conflict with "alice"');
  });

  it('moves ownership when forced', () => {
    const live = apply(undefined, web({ replicas: 1, paused: true }));
    const forced = apply(live, web({ replicas: 2 }), 'carol', true);
    expect(bare(forced)).toEqual(web({ replicas: 2, paused: true }));
    expect([owns(forced, 'alice'), owns(forced, 'carol')]).toEqual([
      { 'f:spec': { 'f:paused': {} } },
      { 'f:spec': { 'f:replicas': {} } },
    ]);
  });

  it('names items by key', () => {
    const live = apply(undefined, web(containers({ name: 'a', image: 'x' })));
    expect(refusal(() => apply(live, web(containers({ name: 'a', image: 'y' })), 'carol')).causes[0]?.field).toBe(
      '.spec.template.spec.containers[name="a"].image',
    );
  });

  it('counts an atomic list as one field', () => {
    const live = apply(undefined, web(containers({ name: 'a', args: ['x'] })));
    expect(
      refusal(() => apply(live, web(containers({ name: 'a', args: ['x', 'y'] })), 'carol')).causes.map(
        ({ field }) => field,
      ),
    ).toEqual(['.spec.template.spec.containers[name="a"].args']);
  });

  it('treats one name applying to two subresources as two managers', () => {
    const live = apply(undefined, { ...web({ replicas: 1 }) });
    const error = refusal(() =>
      manager.applyPatch({ live, config: web({ replicas: 2 }), manager: 'alice', force: false, subresource: 'scale' }),
    );
    expect(error.message).toContain('conflict with "alice": .spec.replicas');
  });
});

import { statusErrors } from '@kubewright/api';
import type { Kind, KubeObject } from '@kubewright/api';
import type { ReadonlyJsonObject } from '@kubewright/api/json';
import { ReplicaSet } from '@kubewright/api/apps/v1';
import { FakeClock } from '@kubewright/core/testing';
import { Client } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { ScriptedCluster } from '../testing/scripted-cluster.js';
import { condition } from './condition.js';
import { StatusWriter } from './status-writer.js';

interface Site extends KubeObject {
  readonly status?: ReadonlyJsonObject;
}

const Site: Kind<Site> = {
  group: 'example.com',
  version: 'v1',
  kind: 'Site',
  plural: 'sites',
  singular: 'site',
  scope: 'Namespaced',
  shortNames: [],
  categories: [],
};

const now = Date.UTC(2026, 0, 2);

function start(status?: ReadonlyJsonObject) {
  const cluster = new ScriptedCluster(Site, ReplicaSet);
  const object = cluster.put(Site, { metadata: { name: 'a', generation: 3 }, ...(status && { status }) });
  const client = new Client({ transport: cluster, clock: new FakeClock() });
  const signal = new AbortController().signal;
  const written: string[] = [];
  const writer = new StatusWriter({
    client,
    kind: Site,
    object,
    signal,
    written: ({ metadata }) => written.push(metadata.resourceVersion ?? ''),
  });
  const theirs = (status: ReadonlyJsonObject): unknown =>
    cluster.put(Site, { metadata: { name: 'a', generation: 3 }, status });
  const statusNow = (): unknown => cluster.get<Site>(Site, 'a')?.status;
  return { cluster, client, signal, writer, written, theirs, statusNow };
}

describe('StatusWriter', () => {
  it('sends nothing but the fields that differ, under the uid and the version that were seen', async () => {
    const { cluster, writer } = start({ phase: 'Up', copies: 1, observedGeneration: 3 });
    await writer.write({ phase: 'Up', copies: 2 }, [], now);
    expect(cluster.requests.map(({ path, body }) => [path, body])).toEqual([
      [
        '/apis/example.com/v1/namespaces/default/sites/a/status',
        { metadata: { uid: 'uid-1', resourceVersion: '101' }, status: { copies: 2 } },
      ],
    ]);
  });

  it('sends nothing where nothing differs', async () => {
    const { cluster, writer } = start({ phase: 'Up', observedGeneration: 3 });
    await writer.write({ phase: 'Up', error: undefined }, [], now);
    expect(cluster.writes).toEqual([]);
  });

  it('takes a field off that is undefined, and a key that a map no longer has', async () => {
    const { writer, statusNow } = start({ error: { message: 'no' }, used: { cpu: '1', memory: '1Gi' } });
    await writer.write({ error: undefined, used: { cpu: '2' } }, [], now);
    expect(statusNow()).toEqual({ used: { cpu: '2' }, observedGeneration: 3 });
  });

  it('keeps what others have set since it was seen', async () => {
    const { writer, theirs, statusNow } = start({ copies: 1 });
    theirs({ copies: 1, address: '10.0.0.1', conditions: [{ type: 'Other', status: 'True' }] });
    await writer.write({ copies: 2 }, [condition('Ready', true, 'Serving')], now);
    expect(statusNow()).toMatchObject({
      copies: 2,
      address: '10.0.0.1',
      conditions: [{ type: 'Other' }, { type: 'Ready', lastTransitionTime: '2026-01-02T00:00:00Z' }],
    });
  });

  it('does not overwrite what somebody else has changed since it was seen', async () => {
    const { writer, theirs, statusNow } = start({ copies: 1 });
    theirs({ copies: 7 });
    await expect(writer.write({ copies: 2 }, [], now)).rejects.toMatchObject({ reason: 'Conflict' });
    expect(statusNow()).toEqual({ copies: 7 });
  });

  it('does not take away what somebody else has set anew', async () => {
    const { writer, theirs, statusNow } = start({ error: { message: 'old' } });
    theirs({ error: { message: 'new' } });
    await expect(writer.write({ error: undefined }, [], now)).rejects.toMatchObject({ reason: 'Conflict' });
    expect(statusNow()).toEqual({ error: { message: 'new' } });
  });

  it('gives up after five conflicts in a row', async () => {
    const { cluster, writer } = start();
    const conflict = (): never => {
      throw statusErrors.conflict({ group: 'example.com', resource: 'sites' }, 'a', 'it was modified');
    };
    for (let n = 0; n < 6; n++) cluster.once('PATCH', /status$/, conflict);
    await expect(writer.write({ copies: 2 }, [], now)).rejects.toMatchObject({ reason: 'Conflict' });
    expect(cluster.writes).toHaveLength(5);
  });

  it('builds a second write on the answer of the first, and tells of both', async () => {
    const { cluster, writer, written, statusNow } = start();
    await writer.write({ copies: 1 }, [condition('Ready', false, 'Starting')], now);
    await writer.write({ copies: 2 }, [condition('Ready', true, 'Serving')], now + 1000);
    expect(cluster.requests.map(({ method }) => method)).toEqual(['PATCH', 'PATCH']);
    expect(statusNow()).toMatchObject({ copies: 2, conditions: [{ status: 'True', reason: 'Serving' }] });
    expect(written).toEqual(['102', '103']);
  });

  it('needs no status for an object that went', async () => {
    const { cluster, writer, written } = start();
    cluster.remove(Site, 'a');
    await writer.write({ copies: 1 }, [], now);
    expect(written).toEqual([]);
  });

  it('writes nothing to another object that has the name by now', async () => {
    const { cluster, writer, statusNow } = start();
    cluster.remove(Site, 'a');
    cluster.put(Site, { metadata: { name: 'a' } });
    await expect(writer.write({ copies: 1 }, [], now)).rejects.toMatchObject({ reason: 'Conflict' });
    expect(statusNow()).toBeUndefined();
  });

  it('is loud where the object is there and its kind has no status of its own', async () => {
    const { cluster, writer } = start();
    cluster.once('PATCH', /status$/, () => {
      throw statusErrors.unknownPath();
    });
    await expect(writer.write({ copies: 1 }, [], now)).rejects.toMatchObject({ reason: 'NotFound' });
  });

  it('writes no zeros to a built-in kind, whose server would not keep them', async () => {
    const { cluster, client, signal } = start();
    const object = cluster.put(ReplicaSet, { metadata: { name: 'a' }, status: { replicas: 1 } });
    const writer = new StatusWriter({ client, kind: ReplicaSet, object, signal, written: () => undefined });
    await writer.write({ replicas: 1, readyReplicas: 0, conditions: [] }, [], now);
    expect(cluster.writes).toEqual([]);
  });
});

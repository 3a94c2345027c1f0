import { statusErrors } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import { FakeClock } from '@kubewright/core/testing';
import { Client } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { ScriptedCluster } from '../testing/scripted-cluster.js';
import { addFinalizers, removeFinalizer, withFinalizers } from './finalizer-edits.js';

function start(finalizers: string[] = [], deletionTimestamp?: string) {
  const cluster = new ScriptedCluster(ConfigMap);
  const going = deletionTimestamp !== undefined && { deletionTimestamp };
  const object = cluster.put(ConfigMap, { metadata: { name: 'a', finalizers, ...going } });
  const client = new Client({ transport: cluster, clock: new FakeClock() });
  const access = { client, kind: ConfigMap, signal: new AbortController().signal };
  const finalizersNow = (): readonly string[] | undefined => cluster.get(ConfigMap, 'a')?.metadata.finalizers;
  const change = (): unknown => cluster.put(ConfigMap, { metadata: { name: 'a', finalizers: ['theirs'] } });
  return { cluster, object, access, finalizersNow, change };
}

const deleting = '2026-01-01T00:00:00Z';

describe('addFinalizers', () => {
  it('keeps those of others and adds each once', async () => {
    const { object, access, finalizersNow } = start(['theirs', 'mine/a']);
    await addFinalizers(access, object, 'mine/a', 'mine/b');
    expect(finalizersNow()).toEqual(['theirs', 'mine/a', 'mine/b']);
  });

  it('sends nothing where they are there', async () => {
    const { cluster, object, access } = start(['mine']);
    expect(await addFinalizers(access, object, 'mine')).toBe(object);
    expect(cluster.writes).toEqual([]);
  });

  it('loses none that others put on meanwhile: that is a conflict', async () => {
    const { object, access, change, finalizersNow } = start();
    change();
    await expect(addFinalizers(access, object, 'mine')).rejects.toMatchObject({ reason: 'Conflict' });
    expect(finalizersNow()).toEqual(['theirs']);
  });

  it('leaves an object alone that has the name by now', async () => {
    const { cluster, object, access, finalizersNow } = start();
    cluster.remove(ConfigMap, 'a');
    cluster.put(ConfigMap, { metadata: { name: 'a' } });
    await expect(addFinalizers(access, object, 'mine')).rejects.toMatchObject({ reason: 'Conflict' });
    expect(finalizersNow()).toBeUndefined();
  });

  it('says so where the object is gone', async () => {
    const { cluster, object, access } = start();
    cluster.remove(ConfigMap, 'a');
    await expect(addFinalizers(access, object, 'mine')).rejects.toMatchObject({ reason: 'NotFound' });
  });
});

describe('removeFinalizer', () => {
  it('takes off its own and keeps those of others', async () => {
    const { object, access, finalizersNow } = start(['theirs', 'mine']);
    await removeFinalizer(access, object, 'mine');
    expect(finalizersNow()).toEqual(['theirs']);
  });

  it('sends nothing where there is none of that name', async () => {
    const { cluster, object, access } = start(['theirs']);
    expect(await removeFinalizer(access, object, 'mine', { annotations: { a: 'b' } })).toBe(object);
    expect(cluster.writes).toEqual([]);
  });

  it('decides by the state that it was given: a change since then is a conflict', async () => {
    const { object, access, change, finalizersNow } = start(['mine']);
    change();
    await expect(removeFinalizer(access, object, 'mine')).rejects.toMatchObject({ reason: 'Conflict' });
    expect(finalizersNow()).toEqual(['theirs']);
  });

  it('lets an object go with its last finalizer', async () => {
    const { cluster, object, access } = start(['mine'], deleting);
    await removeFinalizer(access, object, 'mine');
    expect(cluster.get(ConfigMap, 'a')).toBeUndefined();
  });

  it('is done where the object is gone', async () => {
    const { cluster, object, access } = start(['mine']);
    cluster.remove(ConfigMap, 'a');
    expect(await removeFinalizer(access, object, 'mine')).toBeUndefined();
  });

  it('writes annotations in the same request', async () => {
    const { cluster, object, access } = start(['mine']);
    await removeFinalizer(access, object, 'mine', { annotations: { node: 'a', gone: null } });
    expect(cluster.writes).toHaveLength(1);
    expect(cluster.get(ConfigMap, 'a')?.metadata).toMatchObject({ finalizers: [], annotations: { node: 'a' } });
  });

  it('tells of every other failure', async () => {
    const { cluster, object, access } = start(['mine']);
    cluster.once('PATCH', /configmaps/, () => {
      throw statusErrors.internalError('no disk');
    });
    await expect(removeFinalizer(access, object, 'mine')).rejects.toMatchObject({ reason: 'InternalError' });
  });
});

describe('withFinalizers', () => {
  it('makes an object that is never seen without them', () => {
    const made = withFinalizers(
      { metadata: { name: 'a', finalizers: ['theirs'] }, data: { b: 'c' } },
      'mine',
      'theirs',
    );
    expect(made).toEqual({ metadata: { name: 'a', finalizers: ['theirs', 'mine'] }, data: { b: 'c' } });
  });
});

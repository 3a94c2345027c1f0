import type { KubeObject } from '@kubewright/api';
import { describe, expect, it } from 'vitest';
import { classifyOwners, judge } from './classify-owners.js';

const reference = (uid: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid });
const object = (metadata: KubeObject['metadata'] = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
});
const waits = object({ deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['foregroundDeletion'] });
const [solid, dangling, waiting] = [
  [reference('s'), object()],
  [reference('d'), undefined],
  [reference('w'), waits],
] as const;

describe('judge', () => {
  it('keeps what has a real owner, and takes the others off', () => {
    expect(judge(object(), classifyOwners([solid]), [])).toEqual({ do: 'keep' });
    expect(judge(object(), classifyOwners([solid, dangling, waiting]), [])).toEqual({
      do: 'dropOwners',
      uids: new Set(['d', 'w']),
    });
    expect(judge(object(), classifyOwners([]), [])).toEqual({ do: 'keep' });
  });

  it('counts an owner that is being deleted without waiting as real: it may stay for long', () => {
    const going = object({ deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['example.com/hold'] });
    expect(judge(object(), classifyOwners([[reference('g'), going]]), [])).toEqual({ do: 'keep' });
  });

  it.each([
    [[], 'Background'],
    [['orphan'], 'Orphan'],
    [['foregroundDeletion'], 'Foreground'],
  ])('deletes what nobody keeps, with finalizers %j in policy %s', (finalizers, policy) => {
    expect(judge(object({ finalizers }), classifyOwners([dangling]), [])).toEqual({
      do: 'delete',
      policy,
      unblocksOwners: false,
    });
  });

  it('deletes what its owner waits for from the bottom up, and breaks circles', () => {
    expect(judge(object(), classifyOwners([waiting]), [])).toMatchObject({ policy: 'Background' });
    expect(judge(object(), classifyOwners([waiting]), [{ isDeletingDependents: false }])).toEqual({
      do: 'delete',
      policy: 'Foreground',
      unblocksOwners: false,
    });
    expect(judge(object(), classifyOwners([waiting]), [{ isDeletingDependents: true }])).toEqual({
      do: 'delete',
      policy: 'Foreground',
      unblocksOwners: true,
    });
  });
});

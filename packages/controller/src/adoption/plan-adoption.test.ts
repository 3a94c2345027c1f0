import { LabelSelector } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import { describe, expect, it } from 'vitest';
import { planAdoption } from './plan-adoption.js';

const selector = LabelSelector.parse('app=web');
const owner: KubeObject = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web', uid: 'o' } };
const deletedOwner: KubeObject = {
  ...owner,
  metadata: { ...owner.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
};

function child(app: string, controller?: string, deleting = false): KubeObject {
  const ownerReferences =
    controller === undefined
      ? []
      : [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: controller, controller: true }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { labels: { app }, ownerReferences, ...(deleting && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
  };
}

const counts = (by: KubeObject, candidate: KubeObject): string => {
  const { keep, adopt, release } = planAdoption(by, selector, [candidate]);
  return `${keep.length} ${adopt.length} ${release.length}`;
};

describe('planAdoption', () => {
  it.each<[string, KubeObject, KubeObject, string]>([
    ['keeps its own', owner, child('web', 'o'), '1 0 0'],
    ['adopts what is selected and nobody’s', owner, child('web'), '0 1 0'],
    ['leaves what is not selected', owner, child('db'), '0 0 0'],
    ['releases its own that is not selected any more', owner, child('db', 'o'), '0 0 1'],
    ['leaves what another controls', owner, child('web', 'other'), '0 0 0'],
    ['adopts nothing that is being deleted', owner, child('web', undefined, true), '0 0 0'],
    ['adopts nothing while being deleted itself', deletedOwner, child('web'), '0 0 0'],
    ['releases nothing while being deleted itself', deletedOwner, child('db', 'o'), '0 0 0'],
    ['keeps its own while being deleted itself', deletedOwner, child('web', 'o'), '1 0 0'],
  ])('%s', (_what, by, candidate, expected) => {
    expect(counts(by, candidate)).toBe(expected);
  });
});

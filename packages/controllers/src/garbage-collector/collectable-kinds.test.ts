import type { DiscoveredKind } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { CollectableKinds } from './collectable-kinds.js';

function kind(group: string, version: string, plural: string, verbs = ['list', 'watch', 'delete']): DiscoveredKind {
  return {
    group,
    version,
    kind: `Kind${plural}`,
    plural,
    singular: '',
    scope: 'Namespaced',
    shortNames: [],
    categories: [],
    subresources: [],
    verbs,
  };
}

describe('CollectableKinds', () => {
  const kinds = new CollectableKinds([
    kind('', 'v1', 'events'),
    kind('', 'v1', 'pods'),
    kind('a', 'v2', 'things'),
    kind('a', 'v1', 'things'),
    kind('b', 'v1', 'reviews', ['create']),
  ]);

  it('watches one version of what can be listed, watched and deleted, events apart', () => {
    expect(kinds.watched.map(({ group, version, plural }) => [group, version, plural])).toEqual([
      ['', 'v1', 'pods'],
      ['a', 'v2', 'things'],
    ]);
  });

  it('finds every version that a reference may name', () => {
    expect(kinds.find({ apiVersion: 'a/v1', kind: 'Kindthings' })?.version).toBe('v1');
    expect(kinds.find({ apiVersion: 'b/v1', kind: 'Kindreviews' })?.plural).toBe('reviews');
    expect(kinds.find({ apiVersion: 'a/v3', kind: 'Kindthings' })).toBeUndefined();
  });
});

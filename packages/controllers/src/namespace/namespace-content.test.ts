import type { KubeObject } from '@kubewright/api';
import type { DiscoveredKind } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { contentConditions, requeueDelay } from './namespace-conditions.js';
import { deletableKinds, remainingContent } from './namespace-content.js';

function kind(plural: string, more: Partial<DiscoveredKind> = {}): DiscoveredKind {
  const all = {
    group: 'g',
    version: 'v1',
    kind: plural,
    plural,
    singular: '',
    scope: 'Namespaced',
    shortNames: [],
    categories: [],
    subresources: [],
  } as const;
  return { ...all, verbs: ['list', 'delete', 'deletecollection'], ...more };
}

const object = (metadata: KubeObject['metadata']): KubeObject => ({ apiVersion: 'v1', kind: 'X', metadata });
const pods = kind('pods', { group: '' });

describe('deletableKinds', () => {
  it('takes each namespaced kind that can be deleted once, pods first', () => {
    const kinds = [
      kind('a'),
      kind('a', { version: 'v1beta1' }),
      kind('nodes', { scope: 'Cluster' }),
      kind('reviews', { verbs: ['create'] }),
      kind('pods', { group: 'metrics', verbs: ['list'] }),
      pods,
    ];
    expect(deletableKinds(kinds).map(({ plural, version }) => `${plural} ${version}`)).toEqual(['pods v1', 'a v1']);
  });
});

describe('what remains', () => {
  const held = remainingContent(kind('a'), [
    object({ finalizers: ['f'] }),
    object({ finalizers: ['f', 'g'] }),
    object({}),
  ]);
  const running = remainingContent(pods, [
    object({ deletionGracePeriodSeconds: 30 }),
    object({ deletionGracePeriodSeconds: 60 }),
  ]);

  it('counts objects and finalizers, and estimates how long it takes', () => {
    expect(held).toEqual({
      resource: 'a.g',
      count: 3,
      finalizers: new Map([
        ['f', 2],
        ['g', 1],
      ]),
      seconds: 15,
    });
    expect([
      requeueDelay([held]),
      requeueDelay([held, running]),
      requeueDelay([remainingContent(kind('a'), [object({})])]),
    ]).toEqual([8_500, 31_000, 1_000]);
  });

  it('is told in conditions, in the same words for the same state', () => {
    const told = contentConditions([running, held], [{ resource: 'b', message: 'no' }]);
    expect(
      told.filter(({ status }) => status === 'True').map(({ type, reason, message }) => [type, reason, message]),
    ).toEqual([
      ['NamespaceDeletionContentFailure', 'ContentDeletionFailed', 'b: no'],
      ['NamespaceContentRemaining', 'SomeResourcesRemain', 'Still there: a.g (3), pods (2)'],
      ['NamespaceFinalizersRemaining', 'SomeFinalizersRemain', 'Held by finalizers: f (2), g (1)'],
    ]);
    expect(told).toEqual(contentConditions([held, running], [{ resource: 'b', message: 'no' }]));
  });
});

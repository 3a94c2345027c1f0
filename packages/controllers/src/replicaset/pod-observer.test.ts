import { Expectations } from '@kubewright/controller';
import type { ReplicaSet } from '@kubewright/api/apps/v1';
import type { Pod } from '@kubewright/api/core/v1';
import { FakeClock } from '@kubewright/core/testing';
import type { InformerEvent } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { PodObserver } from './pod-observer.js';

const set: ReplicaSet = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'web', namespace: 'default', uid: 'o' },
  spec: { selector: { matchLabels: { app: 'web' } } },
};

function pod(metadata: Pod['metadata'] = {}, controller: string | undefined = 'o'): Pod {
  const ownerReferences =
    controller === undefined
      ? []
      : [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: controller === 'o' ? 'web' : 'other',
            uid: controller,
            controller: true,
          },
        ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'p', namespace: 'default', labels: { app: 'web' }, ownerReferences, ...metadata },
  };
}

const orphan = (metadata: Pod['metadata'] = {}): Pod => pod({ ownerReferences: [], ...metadata });

function event(type: InformerEvent<Pod>['type'], object: Pod, old?: Pod): InformerEvent<Pod> {
  return { type, key: 'default/p', object, old, isInInitialList: false, finalStateUnknown: false };
}

function observer(): { expectations: Expectations; names: (event: InformerEvent<Pod>) => string[] } {
  const expectations = new Expectations(new FakeClock());
  const observed = new PodObserver(expectations, { list: () => [set] });
  return { expectations, names: (each) => observed.concerned(each).map(({ name }) => name) };
}

describe('PodObserver', () => {
  it('tells the ReplicaSet that controls a pod, and the one that did', () => {
    const { names } = observer();
    expect(names(event('added', pod()))).toEqual(['web']);
    expect(names(event('modified', pod({}, 'x'), pod()))).toEqual(['other', 'web']);
    expect(names(event('deleted', pod(), pod()))).toEqual(['web']);
  });

  it('tells those that may adopt a pod, when there is news of it', () => {
    const { names } = observer();
    expect(names(event('added', orphan()))).toEqual(['web']);
    expect(names(event('added', orphan({ labels: { app: 'db' } })))).toEqual([]);
    expect(names(event('modified', orphan(), orphan()))).toEqual([]);
    expect(names(event('modified', orphan(), orphan({ labels: { app: 'db' } })))).toEqual(['web']);
    expect(names(event('deleted', orphan(), orphan()))).toEqual([]);
  });

  it('notes what was expected: a pod that appears, and one that goes, once', () => {
    const { expectations, names } = observer();
    expectations.expect('o', { creations: 1 });
    names(event('added', pod()));
    expect(expectations.satisfied('o')).toBe(true);
    expectations.expect('o', { deletions: ['p', 'q'] });
    names(event('modified', pod({ deletionTimestamp: '2026-01-01T00:00:00Z' }), pod()));
    names(event('deleted', pod(), pod()));
    expect(expectations.satisfied('o')).toBe(false);
    names(event('deleted', pod({ uid: 'q' }), pod()));
    expect(expectations.satisfied('o')).toBe(true);
  });
});

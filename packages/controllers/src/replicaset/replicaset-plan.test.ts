import type { ReplicaSet } from '@kubewright/api/apps/v1';
import type { Pod } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { planReplicas, podFromTemplate, untilNextAvailable } from './replicaset-plan.js';

const now = Date.UTC(2026, 0, 2);
const time = (secondsAgo: number): string => new Date(now - secondsAgo * 1000).toISOString();

function set(spec: Partial<ReplicaSet['spec']> = {}, metadata: ReplicaSet['metadata'] = {}): ReplicaSet {
  const template = {
    metadata: { labels: { app: 'web' }, annotations: { team: 'a' }, finalizers: ['example.com/f'] },
    spec: { containers: [{ name: 'web' }] },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'shop', uid: 'o', ...metadata },
    spec: { selector: {}, replicas: 2, template, ...spec },
  };
}

function pod(name: string, readyFor?: number, metadata: Pod['metadata'] = {}): Pod {
  const conditions =
    readyFor === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: time(readyFor) }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: name, ...metadata },
    status: { phase: 'Running', conditions },
  };
}

const none = (): Pod[] => [];

describe('planReplicas', () => {
  it('makes what is missing, at most 500 at a time', () => {
    expect(planReplicas(set(), [pod('a')], none, now)).toEqual({ do: 'create', count: 1 });
    expect(planReplicas(set({ replicas: 2000 }), [], none, now)).toEqual({ do: 'create', count: 500 });
  });

  it('does not count pods that have ended or are going', () => {
    const ended = { ...pod('a'), status: { phase: 'Failed' } };
    expect(planReplicas(set(), [ended, pod('b', 1, { deletionTimestamp: time(1) })], none, now)).toEqual({
      do: 'create',
      count: 2,
    });
  });

  it('removes what is too much, at most 500 at a time, the cheapest first', () => {
    expect(planReplicas(set({ replicas: 1 }), [pod('ready', 60), pod('not')], none, now)).toMatchObject({
      do: 'delete',
      pods: [{ metadata: { name: 'not' } }],
    });
    const many = Array.from({ length: 600 }, (_, index) => pod(`p${index}`));
    const plan = planReplicas(set({ replicas: 0 }), many, none, now);
    expect(plan.do === 'delete' && plan.pods.length).toBe(500);
  });

  it('rests when the number is right, and when the set is being deleted', () => {
    expect(planReplicas(set(), [pod('a'), pod('b')], none, now)).toEqual({ do: 'nothing' });
    expect(planReplicas(set({}, { deletionTimestamp: time(0) }), [], none, now)).toEqual({ do: 'nothing' });
  });
});

describe('podFromTemplate', () => {
  it('takes over labels, annotations, finalizers and the specification', () => {
    expect(podFromTemplate(set())).toEqual({
      metadata: {
        generateName: 'web-',
        namespace: 'shop',
        labels: { app: 'web' },
        annotations: { team: 'a' },
        finalizers: ['example.com/f'],
      },
      spec: { containers: [{ name: 'web' }] },
    });
  });
});

describe('untilNextAvailable', () => {
  it('is the time until the next pod has been ready for long enough', () => {
    const waiting = set({ minReadySeconds: 30 });
    expect(untilNextAvailable(waiting, [pod('a', 60), pod('b', 10), pod('c', 20), pod('d')], now)).toBe(10_000);
    expect(untilNextAvailable(waiting, [pod('a', 60)], now)).toBeUndefined();
    expect(untilNextAvailable(set(), [pod('b', 10)], now)).toBeUndefined();
  });
});

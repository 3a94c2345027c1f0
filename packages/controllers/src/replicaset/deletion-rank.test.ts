import type { Pod } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { podsToDelete } from './deletion-rank.js';

const now = Date.UTC(2026, 0, 2);
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

function pod(
  name: string,
  more: { node?: string; phase?: string; readyFor?: number; cost?: string; restarts?: number; age?: number } = {},
): Pod {
  const { node = 'n1', phase = 'Running', readyFor = 100, cost, restarts = 0, age = 1000 } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      creationTimestamp: ago(age),
      ...(cost !== undefined && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [], nodeName: node },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: readyFor > 0 ? 'True' : 'False', lastTransitionTime: ago(readyFor) }],
      containerStatuses: [{ name: 'c', image: 'i', imageID: '', ready: true, restartCount: restarts }],
    },
  };
}

describe('podsToDelete', () => {
  it.each<[string, Pod, Pod]>([
    ['not scheduled', pod('a', { node: '' }), pod('b')],
    ['pending', pod('a', { phase: 'Pending' }), pod('b', { phase: 'Unknown' })],
    ['of unknown state', pod('a', { phase: 'Unknown' }), pod('b')],
    ['not ready', pod('a', { readyFor: 0 }), pod('b')],
    ['cheaper', pod('a', { cost: '-5' }), pod('b')],
    ['ready for a shorter time', pod('a', { readyFor: 10 }), pod('b', { readyFor: 1000 })],
    ['restarted more often', pod('a', { restarts: 3 }), pod('b')],
    ['younger', pod('a', { age: 10 }), pod('b', { age: 100_000 })],
    ['of lower uid where nothing else decides', pod('a'), pod('b')],
  ])('takes the pod that is %s first', (_why, first, second) => {
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      expect(podsToDelete(order, order, 1, now).map(({ metadata }) => metadata.name)).toEqual([first.metadata.name]);
    }
  });

  it('takes from the node where most ready pods of the owner are', () => {
    const here = pod('z', { node: 'crowded' });
    const related = [here, pod('x', { node: 'crowded' }), pod('y', { node: 'quiet' })];
    expect(podsToDelete([pod('y', { node: 'quiet' }), here], related, 1, now)[0]?.metadata.name).toBe('z');
  });

  it('does not let seconds decide among old pods', () => {
    const older = pod('a', { readyFor: 100_000 });
    const younger = pod('b', { readyFor: 99_000 });
    expect(podsToDelete([younger, older], [], 1, now)[0]?.metadata.name).toBe('a');
  });
});

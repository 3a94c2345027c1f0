import type { Node, NodeSpec, Pod, PodSpec } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { chooseNode, isUnassigned } from './choose-node.js';
import type { Candidate } from './choose-node.js';

const pod = (spec: Partial<PodSpec> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [{ name: 'web', image: 'nginx' }], ...spec },
});

function candidate(
  name: string,
  pods = 0,
  spec: NodeSpec = {},
  labels: Record<string, string> = {},
  isReady = true,
): Candidate {
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
  const node: Node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec,
    status: { conditions, allocatable: { pods: '3' } },
  };
  return { node, pods };
}

describe('chooseNode', () => {
  it('takes the node with the fewest pods, and of equal ones the first by name', () => {
    expect(chooseNode(pod(), [candidate('b', 1), candidate('a', 2), candidate('c', 1)])).toEqual({ node: 'b' });
  });

  it('respects the node selector', () => {
    const nodes = [candidate('a'), candidate('b', 2, {}, { disk: 'ssd' })];
    expect(chooseNode(pod({ nodeSelector: { disk: 'ssd' } }), nodes)).toEqual({ node: 'b' });
    expect(chooseNode(pod({ nodeSelector: { disk: 'tape' } }), nodes)).toEqual({
      reason: "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
    });
  });

  it('says of each node why it does not fit', () => {
    const nodes = [
      candidate('cordoned', 0, { unschedulable: true }),
      candidate('full', 3),
      candidate('lost', 0, {}, {}, false),
      candidate('tainted', 0, { taints: [{ key: 'gpu', value: 'a100', effect: 'NoSchedule' }] }),
    ];
    expect(chooseNode(pod(), nodes)).toEqual({
      reason:
        '0/4 nodes are available: 1 Too many pods, 1 node(s) had untolerated taint {gpu: a100}, 1 node(s) were not ready, 1 node(s) were unschedulable.',
    });
    expect(chooseNode(pod(), [])).toEqual({ reason: 'no nodes available to schedule pods' });
  });

  it.each([
    [{ key: 'gpu', operator: 'Equal', value: 'a100', effect: 'NoSchedule' }, true],
    [{ key: 'gpu', operator: 'Exists' }, true],
    [{ operator: 'Exists' }, true],
    [{ key: 'gpu', value: 't4' }, false],
    [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }, false],
  ])('reads the toleration %o', (toleration, fits) => {
    const nodes = [candidate('a', 0, { taints: [{ key: 'gpu', value: 'a100', effect: 'NoSchedule' }] })];
    expect('node' in chooseNode(pod({ tolerations: [toleration] }), nodes)).toBe(fits);
  });

  it('does not mind a preference against a node', () => {
    const nodes = [candidate('a', 0, { taints: [{ key: 'old', effect: 'PreferNoSchedule' }] })];
    expect(chooseNode(pod(), nodes)).toEqual({ node: 'a' });
  });
});

describe('isUnassigned', () => {
  it.each([
    ['a new pod', pod(), true],
    ['one with a node', pod({ nodeName: 'a' }), false],
    ['one of another scheduler', pod({ schedulerName: 'mine' }), false],
    ['one behind a gate', pod({ schedulingGates: [{ name: 'quota' }] }), false],
    [
      'one that is being deleted',
      { ...pod(), metadata: { name: 'web', deletionTimestamp: '2026-01-01T00:00:00Z' } },
      false,
    ],
  ])('of %s', (_what, subject, expected) => expect(isUnassigned(subject)).toBe(expected));
});

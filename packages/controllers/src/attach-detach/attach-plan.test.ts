import type { Node, Pod } from '@kubewright/api/core/v1';
import type { VolumeAttachment } from '@kubewright/api/storage/v1';
import { describe, expect, it } from 'vitest';
import { attachNews } from './attach-news.js';
import { longestUnmount, nameFromStatus, planNode } from './attach-plan.js';
import type { KnownAttachment, NodeSurroundings, WantedVolume } from './attach-plan.js';
import { attachmentName, driverVolumeOf, isAttachmentName, uniqueVolumeName } from './volume-names.js';

const csi = { driver: 'files.example.com', volumeHandle: 'v^1' };
const uniqueName = uniqueVolumeName(csi);
const name = attachmentName(csi, 'node-1');
const attached = [{ name: uniqueName, devicePath: '' }];

function node({ inUse = false, ready = true, taint = '' } = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
    spec: taint === '' ? {} : { taints: [{ key: taint, effect: 'NoExecute' }] },
    status: {
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }],
      ...(inUse && { volumesInUse: [uniqueName] }),
    },
  };
}

function pod(podName: string, nodeName = 'node-1', namespace = 'shop'): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: podName, namespace, uid: podName },
    spec: { containers: [], nodeName },
  };
}

const volume: WantedVolume = {
  volumeName: 'pv',
  uniqueName,
  attachmentName: name,
  driver: csi.driver,
  isExclusive: true,
  pods: [pod('web')],
};

function attachment(status: VolumeAttachment['status'], metadata: object = {}): KnownAttachment {
  const object: VolumeAttachment = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name, ...metadata },
    spec: { attacher: csi.driver, nodeName: 'node-1', source: { persistentVolumeName: 'pv' } },
    ...(status && { status }),
  };
  return { object, uniqueName, unwantedSince: 0 };
}

const world = (fields: Partial<NodeSurroundings> = {}): NodeSurroundings => ({
  wanted: [],
  attachments: [],
  othersWith: () => [],
  now: 1_000,
  ...fields,
});
const unwanted = (now = 1_000): NodeSurroundings => world({ attachments: [attachment({ attached: true })], now });

describe('names', () => {
  it('are those that kubelets and attachers know', () => {
    expect(uniqueName).toBe('kubernetes.io/csi/files.example.com^v^1');
    expect(driverVolumeOf(uniqueName)).toEqual(csi);
    expect(driverVolumeOf('kubernetes.io/nfs/a')).toBeUndefined();
    // printf %s 'v^1files.example.comnode-1' | sha256sum
    expect(name).toBe('csi-9cf7b99dd55e4afeacd224bd9fb31fcee6548e00fa8bddeeb3fb91b2d7f3ed6b');
    expect(isAttachmentName(name)).toBe(true);
    expect(isAttachmentName('csi-mine')).toBe(false);
  });

  it('of a volume that is gone are found in the status of the node', () => {
    expect(nameFromStatus(node({ inUse: true }), attachment(undefined).object)).toBe(uniqueName);
    expect(nameFromStatus(node(), attachment(undefined).object)).toBeUndefined();
  });
});

describe('planNode', () => {
  it('attaches what pods want and tells the node once the attacher is done', () => {
    expect(planNode(node(), world({ wanted: [volume] }))).toMatchObject({ attach: [volume], volumesAttached: [] });
    const pending = planNode(node(), world({ wanted: [volume], attachments: [attachment(undefined)] }));
    expect(pending).toEqual({ attach: [], blocked: [], detach: [], volumesAttached: [] });
    const done = planNode(node(), world({ wanted: [volume], attachments: [attachment({ attached: true })] }));
    expect(done).toEqual({ attach: [], blocked: [], detach: [], volumesAttached: attached });
  });

  it('lets one node only have an exclusive volume', () => {
    const othersWith = (): string[] => ['node-2'];
    const plan = planNode(node(), world({ wanted: [volume], othersWith }));
    expect(plan).toMatchObject({ attach: [], blocked: [{ volume, nodes: ['node-2'] }] });
    const shared = { ...volume, isExclusive: false };
    expect(planNode(node(), world({ wanted: [shared], othersWith }))).toMatchObject({ attach: [shared] });
  });

  it('detaches what nobody wants when the node has let go of it', () => {
    expect(planNode(node(), unwanted())).toMatchObject({ detach: [{ isForced: false }], volumesAttached: [] });
    expect(planNode(node({ inUse: true }), unwanted())).toEqual({
      attach: [],
      blocked: [],
      detach: [],
      volumesAttached: attached,
      again: longestUnmount - 1_000,
    });
  });

  it('detaches from an unhealthy node after six minutes, and from a healthy one never', () => {
    const late = unwanted(longestUnmount);
    expect(planNode(node({ inUse: true, ready: false }), unwanted())).toMatchObject({ detach: [] });
    expect(planNode(node({ inUse: true, ready: false }), late)).toMatchObject({ detach: [{ isForced: true }] });
    expect(planNode(node({ inUse: true }), late)).toMatchObject({ detach: [], volumesAttached: attached });
  });

  it('detaches from a node that was declared out of service at once', () => {
    const out = node({ inUse: true, ready: false, taint: 'node.kubernetes.io/out-of-service' });
    expect(planNode(out, unwanted())).toMatchObject({ detach: [{ isForced: true }], volumesAttached: [] });
    expect(planNode(node({ inUse: true, taint: 'other' }), unwanted())).toMatchObject({ detach: [] });
  });

  it('waits for what is being detached before it attaches again', () => {
    const leaving = attachment({ attached: true }, { deletionTimestamp: 't' });
    const plan = planNode(node(), world({ wanted: [volume], attachments: [leaving] }));
    expect(plan).toEqual({ attach: [], blocked: [], detach: [], volumesAttached: [] });
  });
});

describe('attachNews', () => {
  const told = (surroundings: NodeSurroundings, users: Pod[] = [], at = node()) =>
    attachNews(at, surroundings, planNode(at, surroundings), () => users);

  it('says which pods have the volume, and of other namespaces how many', () => {
    const blocked = world({ wanted: [volume], othersWith: () => ['node-2'] });
    const users = [pod('other', 'node-2'), pod('secret', 'node-2', 'hidden'), pod('elsewhere', 'node-3')];
    const [event, ...more] = told(blocked, users);
    expect(more).toEqual([]);
    expect(event).toMatchObject({ type: 'Warning', reason: 'FailedAttachVolume', pod: volume.pods[0] });
    expect(event?.note).toContain('Multi-Attach error');
    expect(event?.note).toContain('pod other, 1 pods of other namespaces');
    expect(event?.note).not.toContain('secret');
  });

  it('tells success once, and failure with its cause', () => {
    const done = world({ wanted: [volume], attachments: [attachment({ attached: true })] });
    expect(told(done)).toMatchObject([{ type: 'Normal', reason: 'SuccessfulAttachVolume' }]);
    expect(told(done, [], { ...node(), status: { volumesAttached: attached } })).toEqual([]);
    const refused = attachment({ attached: false, attachError: { message: 'no room' } });
    expect(told(world({ wanted: [volume], attachments: [refused] }))).toMatchObject([
      { reason: 'FailedAttachVolume', note: expect.stringContaining('no room') },
    ]);
  });
});

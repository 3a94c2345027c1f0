import { create } from '@bufbuild/protobuf';
import type { Node, PersistentVolumeClaim } from '@kubewright/api/core/v1';
import type { CSINode, StorageClass } from '@kubewright/api/storage/v1';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { describe, expect, it } from 'vitest';
import { VolumeSchema } from '@kubewright/csi-sdk/v1';
import { isFinal, reasonOf } from './driver/failures.js';
import { planModify } from './volumes/modify-plan.js';
import { newVolume } from './volumes/new-volume.js';
import { driverParameters, secretReference, variablesOf } from './driver/parameters.js';
import { nodeAffinityOf, topologyRequirement } from './volumes/volume-topology.js';

const driver = 'files.example.com';
const claim: PersistentVolumeClaim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'shop', uid: '1', annotations: { tier: 'gold' } },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};
const parameters = {
  pool: 'a',
  'csi.storage.k8s.io/fstype': 'xfs',
  'csi.storage.k8s.io/provisioner-secret-name': "${pvc.name}-${pvc.annotations['tier']}",
  'csi.storage.k8s.io/provisioner-secret-namespace': '${pvc.namespace}',
  'csi.storage.k8s.io/node-stage-secret-name': '${pv.name}-${unknown}',
  'csi.storage.k8s.io/node-stage-secret-namespace': 'secrets',
};

describe('parameters', () => {
  it('keep from the driver what is Kubernetes own', () => {
    expect(driverParameters(parameters)).toEqual({ pool: 'a' });
  });

  it('name secrets by the claim', () => {
    const variables = variablesOf(claim, 'pvc-1');
    expect(secretReference(parameters, 'provisioner', variables)).toEqual({ name: 'data-gold', namespace: 'shop' });
    expect(secretReference(parameters, 'node-stage', variables)?.name).toBe('pvc-1-${unknown}');
    expect(secretReference(parameters, 'node-publish', variables)).toBeUndefined();
  });
});

describe('newVolume', () => {
  const storageClass: StorageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'fast' },
    provisioner: driver,
    mountOptions: ['noatime'],
    parameters,
  };
  const made = (fields: object = {}) =>
    newVolume({ driver, claim, storageClass, volume: create(VolumeSchema, { volumeId: 'v', ...fields }) });

  it('belongs to its claim and says who deletes it, with what', () => {
    const { metadata, spec } = made({ capacityBytes: 2n << 30n });
    expect(metadata.name).toBe('pvc-1');
    expect(metadata.annotations).toEqual({
      'pv.kubernetes.io/provisioned-by': driver,
      'volume.kubernetes.io/provisioner-deletion-secret-name': 'data-gold',
      'volume.kubernetes.io/provisioner-deletion-secret-namespace': 'shop',
    });
    expect(spec).toMatchObject({
      capacity: { storage: '2Gi' },
      claimRef: { name: 'data', namespace: 'shop', uid: '1' },
      csi: { driver, volumeHandle: 'v', fsType: 'xfs', nodeStageSecretRef: { namespace: 'secrets' } },
      mountOptions: ['noatime'],
      persistentVolumeReclaimPolicy: 'Delete',
    });
  });

  it('has the size that was asked for where the driver tells none', () => {
    expect(made().spec?.capacity).toEqual({ storage: '1Gi' });
  });
});

describe('topology', () => {
  const place = (name: string, zone: string): [Node, CSINode] => [
    { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { zone } } },
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: { name },
      spec: { drivers: [{ name: driver, nodeID: name, topologyKeys: ['zone'] }] },
    },
  ];
  const all = [place('a', 'east'), place('b', 'east'), place('c', 'west')];
  const places = { driver, nodes: all.map(([node]) => node), csiNodes: all.map(([, node]) => node) };
  const zones = (options: object = {}) =>
    topologyRequirement({ ...places, ...options })?.requisite.map(({ segments }) => segments);

  it('is the selected node, else what the class allows, else wherever the driver is', () => {
    expect(zones({ selectedNode: 'c' })).toEqual([{ zone: 'west' }]);
    const allowed = [
      {
        matchLabelExpressions: [
          { key: 'zone', values: ['north', 'south'] },
          { key: 'rack', values: ['1'] },
        ],
      },
    ];
    expect(zones({ allowed })).toEqual([
      { zone: 'north', rack: '1' },
      { zone: 'south', rack: '1' },
    ]);
    expect(zones()).toEqual([{ zone: 'east' }, { zone: 'west' }]);
    expect(zones({ driver: 'other' })).toBeUndefined();
    expect(() => zones({ selectedNode: 'd' })).toThrow('has not registered there');
    const west = [{ matchLabelExpressions: [{ key: 'zone', values: ['west'] }] }];
    expect(zones({ selectedNode: 'c', allowed: west })).toEqual([{ zone: 'west' }]);
    expect(() => zones({ selectedNode: 'a', allowed: west })).toThrow('not where the class allows volumes');
  });

  it('becomes the node affinity of the volume', () => {
    expect(nodeAffinityOf([{ segments: { zone: 'east' } }])?.required?.nodeSelectorTerms).toEqual([
      { matchExpressions: [{ key: 'zone', operator: 'In', values: ['east'] }] },
    ]);
    expect(nodeAffinityOf([])).toBeUndefined();
  });
});

describe('planModify', () => {
  const bound = (wanted: string, status: PersistentVolumeClaim['status'] = {}): PersistentVolumeClaim => ({
    ...claim,
    spec: { ...claim.spec, volumeAttributesClassName: wanted },
    status: { phase: 'Bound', currentVolumeAttributesClassName: 'slow', ...status },
  });
  const last = (status: string, target: string) => ({
    modifyVolumeStatus: { status, targetVolumeAttributesClassName: target },
  });

  it('follows the wish, and back where it came from', () => {
    expect(planModify(bound('slow'), true)).toEqual({ do: 'nothing' });
    expect(planModify(bound('fast'), true)).toEqual({ do: 'modify', target: 'fast', isBegun: false });
    const back = bound('slow', last('Infeasible', 'fast'));
    expect(planModify(back, true)).toEqual({ do: 'modify', target: 'slow', isBegun: false });
  });

  it('finishes what may be under way before it begins something else', () => {
    const changed = bound('other', last('InProgress', 'fast'));
    expect(planModify(changed, true)).toEqual({ do: 'modify', target: 'fast', isBegun: true });
    expect(planModify(changed, false)).toEqual({ do: 'modify', target: 'other', isBegun: false });
    expect(planModify(bound('', last('InProgress', 'fast')), false)).toMatchObject({ target: 'fast' });
  });

  it('forgets a wish that was taken back', () => {
    expect(planModify(bound('', last('Pending', '')), true)).toEqual({ do: 'cancel' });
    expect(planModify(bound('', last('Infeasible', 'fast')), true)).toEqual({ do: 'cancel' });
  });
});

describe('isFinal', () => {
  it('holds for refusals only', () => {
    expect(isFinal(new GrpcStatusError(Code.OUT_OF_RANGE, ''))).toBe(true);
    expect(isFinal(new GrpcStatusError(Code.DEADLINE_EXCEEDED, ''))).toBe(false);
    expect(isFinal(new Error('the cluster'))).toBe(false);
    expect(reasonOf(Code.RESOURCE_EXHAUSTED)).toBe('ResourceExhausted');
  });
});

import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '@kubewright/api/core/v1';
import type { StorageClass } from '@kubewright/api/storage/v1';
import { describe, expect, it } from 'vitest';
import { planClaim } from './claim-plan.js';
import type { ClaimSurroundings } from './claim-plan.js';
import { isReachable, matchVolume } from './match-volume.js';
import { planVolume } from './volume-plan.js';
import { uses } from './volume-protection.js';

const bindCompleted = { 'pv.kubernetes.io/bind-completed': 'yes' };
const reference = { namespace: 'shop', name: 'data', uid: 'c' };

function claim(
  spec: PersistentVolumeClaim['spec'] = {},
  annotations: Record<string, string> = {},
): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'shop', uid: 'c', annotations },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      resources: { requests: { storage: '2Gi' } },
      ...spec,
    },
  };
}

function volume(
  name: string,
  size: string,
  spec: PersistentVolume['spec'] = {},
  phase = 'Available',
): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels: { disk: name } },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', capacity: { storage: size }, ...spec },
    status: { phase },
  };
}

const storageClass = (name: string, fields: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name },
  provisioner: 'files.example.com',
  ...fields,
});
const world = (fields: Partial<ClaimSurroundings> = {}): ClaimSurroundings => ({
  volumes: [],
  classes: [storageClass('fast')],
  ...fields,
});
const node = (zone: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1', labels: { zone } },
});
const inZone = (zone: string): PersistentVolume['spec'] => ({
  nodeAffinity: {
    required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }] }] },
  },
});

describe('matchVolume', () => {
  it('takes the smallest that is large enough', () => {
    const volumes = [volume('small', '1Gi'), volume('huge', '9Gi'), volume('fits', '3Gi')];
    expect(matchVolume(claim(), volumes)?.metadata.name).toBe('fits');
  });

  it.each<[string, PersistentVolume]>([
    ['another class', volume('v', '2Gi', { storageClassName: 'slow' })],
    ['another mode', volume('v', '2Gi', { volumeMode: 'Block' })],
    ['too few access modes', volume('v', '2Gi', { accessModes: ['ReadOnlyMany'] })],
    ['another attributes class', volume('v', '2Gi', { volumeAttributesClassName: 'gold' })],
    ['another claim', volume('v', '2Gi', { claimRef: { ...reference, name: 'other' } })],
    ['released data', volume('v', '2Gi', {}, 'Released')],
    ['being deleted', { ...volume('v', '2Gi'), metadata: { name: 'v', deletionTimestamp: 't' } }],
  ])('leaves what has %s', (_, other) => {
    expect(matchVolume(claim(), [other])).toBeUndefined();
  });

  it('obeys the selector of the claim and the place of the volume', () => {
    const volumes = [volume('a', '2Gi', inZone('east')), volume('b', '3Gi', inZone('west'))];
    expect(matchVolume(claim({ selector: { matchLabels: { disk: 'b' } } }), volumes)?.metadata.name).toBe('b');
    expect(matchVolume(claim(), volumes, { node: node('west') })?.metadata.name).toBe('b');
    expect(
      isReachable(volume('c', '1Gi', { nodeAffinity: { required: { nodeSelectorTerms: [{}] } } }), node('x')),
    ).toBe(false);
  });

  it('prefers the volume that names the claim, even before anybody knows the node', () => {
    const { uid: _, ...byHand } = reference;
    const volumes = [volume('a', '2Gi'), volume('b', '9Gi', { claimRef: byHand }, 'Pending')];
    expect(matchVolume(claim(), volumes, { onlyPrebound: true })?.metadata.name).toBe('b');
  });
});

describe('planClaim', () => {
  it('binds a free volume, and otherwise asks the provisioner of the class', () => {
    expect(planClaim(claim(), world({ volumes: [volume('v', '2Gi')] }))).toMatchObject({ do: 'bind' });
    expect(planClaim(claim(), world())).toEqual({ do: 'provision', provisioner: 'files.example.com' });
  });

  it('waits for the node where the class says so', () => {
    const classes = [storageClass('fast', { volumeBindingMode: 'WaitForFirstConsumer' })];
    const volumes = [volume('v', '2Gi', inZone('east'))];
    expect(planClaim(claim(), world({ classes, volumes }))).toMatchObject({
      event: { reason: 'WaitForFirstConsumer' },
    });
    const chosen = claim({}, { 'volume.kubernetes.io/selected-node': 'node-1' });
    expect(planClaim(chosen, world({ classes, volumes, node: node('east') }))).toMatchObject({ do: 'bind' });
    expect(planClaim(chosen, world({ classes, volumes, node: node('west') }))).toMatchObject({ do: 'provision' });
  });

  it('gives the newest default class to a claim without one, and none to a claim that wants none', () => {
    const marked = (name: string, creationTimestamp: string): StorageClass =>
      storageClass(name, {
        metadata: { name, creationTimestamp, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      });
    const classes = [marked('old', '2026-01-01T00:00:00Z'), marked('new', '2026-02-01T00:00:00Z')];
    const { storageClassName: _, ...spec } = claim().spec ?? {};
    expect(planClaim({ ...claim(), spec }, world({ classes }))).toEqual({
      do: 'assign-class',
      storageClassName: 'new',
    });
    expect(planClaim(claim({ storageClassName: '' }), world({ classes }))).toMatchObject({
      do: 'wait',
      event: { reason: 'FailedBinding' },
    });
  });

  it('says what is wrong with a class', () => {
    expect(planClaim(claim(), world({ classes: [] }))).toMatchObject({ event: { reason: 'ProvisioningFailed' } });
    const classes = [storageClass('fast', { provisioner: 'kubernetes.io/no-provisioner' })];
    expect(planClaim(claim(), world({ classes }))).toMatchObject({ event: { reason: 'ProvisioningFailed' } });
  });

  it('binds no volume that is being deleted, also where the claim names it', () => {
    const going = volume('v', '2Gi');
    going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(planClaim(claim({ volumeName: 'v' }), world({ volumes: [going] }))).toMatchObject({
      do: 'wait',
      event: { reason: 'VolumeMismatch', note: expect.stringContaining('being deleted') },
    });
    expect(matchVolume(claim(), [going])).toBeUndefined();
    // What is bound already stays so, for as long as the claim is there.
    const bound = { ...going, spec: { ...going.spec, claimRef: reference } };
    expect(planClaim(claim({ volumeName: 'v' }, bindCompleted), world({ volumes: [bound] }))).toMatchObject({
      do: 'bind',
    });
  });

  it('binds the volume that a claim names, if it can serve it and nobody else has it', () => {
    const named = claim({ volumeName: 'v' });
    expect(planClaim(named, world())).toEqual({ do: 'wait' });
    expect(planClaim(named, world({ volumes: [volume('v', '2Gi')] }))).toMatchObject({ do: 'bind' });
    expect(planClaim(named, world({ volumes: [volume('v', '1Gi')] }))).toMatchObject({
      event: { reason: 'VolumeMismatch' },
    });
    const taken = volume('v', '2Gi', { claimRef: { ...reference, uid: 'x' } });
    expect(planClaim(named, world({ volumes: [taken] }))).toMatchObject({ event: { reason: 'FailedBinding' } });
  });

  it('keeps a complete binding and tells when it is lost', () => {
    const bound = claim({ volumeName: 'v' }, bindCompleted);
    const mine = volume('v', '1Gi', { claimRef: reference }, 'Bound');
    expect(planClaim(bound, world({ volumes: [mine] }))).toMatchObject({ do: 'bind' });
    expect(planClaim(bound, world())).toMatchObject({ do: 'lose', event: { reason: 'ClaimLost' } });
    const taken = volume('v', '2Gi', { claimRef: { ...reference, uid: 'x' } });
    expect(planClaim(bound, world({ volumes: [taken] }))).toMatchObject({ event: { reason: 'ClaimMisbound' } });
  });
});

describe('planVolume', () => {
  const owned = volume('v', '2Gi', { claimRef: reference });

  it('follows the claim', () => {
    expect(planVolume(volume('v', '2Gi'), undefined)).toEqual({ do: 'phase', phase: 'Available' });
    expect(planVolume(owned, claim())).toEqual({ do: 'wait' });
    expect(planVolume(owned, claim({ volumeName: 'v' }))).toEqual({ do: 'phase', phase: 'Bound' });
    expect(planVolume(owned, undefined)).toEqual({ do: 'phase', phase: 'Released' });
    const successor = { ...claim(), metadata: { name: 'data', namespace: 'shop', uid: 'later' } };
    expect(planVolume(owned, successor)).toEqual({ do: 'phase', phase: 'Released' });
  });

  it('lets go of a claim that took another volume', () => {
    const elsewhere = claim({ volumeName: 'other' });
    expect(planVolume(owned, elsewhere)).toEqual({ do: 'unbind', keepName: true });
    const annotated = (name: string): PersistentVolume => ({
      ...owned,
      metadata: { name: 'v', annotations: { [`pv.kubernetes.io/${name}`]: 'yes' } },
      spec: { ...owned.spec, persistentVolumeReclaimPolicy: 'Delete' },
    });
    expect(planVolume(annotated('bound-by-controller'), elsewhere)).toEqual({ do: 'unbind', keepName: false });
    expect(planVolume(annotated('provisioned-by'), elsewhere)).toEqual({ do: 'phase', phase: 'Released' });
  });
});

describe('uses', () => {
  const pod = (volumes: NonNullable<Pod['spec']>['volumes'], phase = 'Running', nodeName = 'node-1'): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { containers: [], nodeName, ...(volumes && { volumes }) },
    status: { phase },
  });
  const mounted = [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }];

  it('counts scheduled pods until they are gone, and their scratch space until they have finished', () => {
    expect(uses(pod(mounted, 'Succeeded'), claim())).toBe(true);
    expect(uses(pod(mounted, 'Pending', ''), claim())).toBe(false);
    expect(uses(pod([]), claim())).toBe(false);
    const scratch = { ...claim(), metadata: { name: 'web-d', namespace: 'shop' } };
    expect(uses(pod([{ name: 'd', ephemeral: {} }]), scratch)).toBe(true);
    expect(uses(pod([{ name: 'd', ephemeral: {} }], 'Failed'), scratch)).toBe(false);
  });
});

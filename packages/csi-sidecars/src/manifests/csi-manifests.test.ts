import { SystemClock, noMetrics, silentLogger } from '@kubewright/core';
import type { KubeObject } from '@kubewright/api';
import type { DaemonSet, Deployment } from '@kubewright/api/apps/v1';
import type { ClusterRole } from '@kubewright/api/rbac/v1';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { CsiDriver, NodeService } from '@kubewright/csi-sdk';
import { FakeDriver } from '@kubewright/csi-sdk/testing';
import { csiManifests } from './csi-manifests.js';
import { mergeRules } from './rights.js';
import { toYaml } from './to-yaml.js';

const services = [new SystemClock(), silentLogger, noMetrics] as const;
const image = 'example.com/driver:1.0.0';

class PublishOnly extends NodeService {
  override nodePublishVolume = () => Promise.resolve({});
  override nodeUnpublishVolume = () => Promise.resolve({});
  override nodeGetInfo = () => Promise.resolve({ nodeId: 'here' });
}

class NodeDriver extends CsiDriver {
  readonly name = 'Node.example.com';
  readonly version = '1';
  override readonly node = new PublishOnly();
}

const namesOf = (objects: readonly KubeObject[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

describe('csiManifests', () => {
  it('has what a driver of two parts needs', () => {
    expect(namesOf(csiManifests(new FakeDriver(...services), { image }))).toEqual([
      'CSIDriver memory.csi.kubewright.dev',
      'CustomResourceDefinition volumesnapshots.snapshot.storage.k8s.io',
      'CustomResourceDefinition volumesnapshotcontents.snapshot.storage.k8s.io',
      'CustomResourceDefinition volumesnapshotclasses.snapshot.storage.k8s.io',
      'ServiceAccount memory-csi-kubewright-dev-node',
      'DaemonSet memory-csi-kubewright-dev-node',
      'ServiceAccount memory-csi-kubewright-dev-controller',
      'ClusterRole memory-csi-kubewright-dev-controller',
      'ClusterRoleBinding memory-csi-kubewright-dev-controller',
      'Role memory-csi-kubewright-dev-controller-election',
      'RoleBinding memory-csi-kubewright-dev-controller-election',
      'Deployment memory-csi-kubewright-dev-controller',
      'StorageClass memory.csi.kubewright.dev',
      'VolumeSnapshotClass memory.csi.kubewright.dev',
    ]);
  });

  it('asks no controller of a driver that has none, and no attaching', () => {
    const objects = csiManifests(new NodeDriver(...services), { image, driver: { podInfoOnMount: true } });
    expect(namesOf(objects)).toEqual([
      'CSIDriver Node.example.com',
      'ServiceAccount node-example-com-node',
      'DaemonSet node-example-com-node',
    ]);
    expect(objects[0]).toMatchObject({ spec: { attachRequired: false, podInfoOnMount: true } });
  });

  it('grants what the chosen sidecars need and no more', () => {
    const objects = csiManifests(new FakeDriver(...services), { image, sidecars: ['attacher'] });
    const role = objects.find(({ kind }) => kind === 'ClusterRole') as ClusterRole;
    expect(role.rules).toEqual([
      {
        apiGroups: ['storage.k8s.io'],
        resources: ['volumeattachments'],
        verbs: ['get', 'list', 'watch', 'patch'],
      },
      { apiGroups: [''], resources: ['persistentvolumes'], verbs: ['get', 'list', 'watch', 'patch'] },
      { apiGroups: ['storage.k8s.io'], resources: ['csinodes'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['storage.k8s.io'], resources: ['volumeattachments/status'], verbs: ['patch'] },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
    ]);
    expect(namesOf(objects).join()).not.toContain('CustomResourceDefinition');
  });

  it('probes over TLS what serves metrics as well, and lets it ask who reads them', () => {
    const part = { livenessPort: 9808 };
    const objects = csiManifests(new FakeDriver(...services), { image, node: part, controller: part });
    const schemeOf = (of: string) => {
      const found = objects.find(({ kind }) => kind === of) as DaemonSet | Deployment;
      return found.spec?.template.spec?.containers[0]?.livenessProbe?.httpGet?.scheme;
    };
    expect([schemeOf('DaemonSet'), schemeOf('Deployment')]).toEqual(['HTTP', 'HTTPS']);
    const role = objects.find(({ kind }) => kind === 'ClusterRole') as ClusterRole;
    expect(role.rules).toContainEqual({
      apiGroups: ['authentication.k8s.io'],
      resources: ['tokenreviews'],
      verbs: ['create'],
    });
    expect(role.rules).toContainEqual({
      apiGroups: ['authorization.k8s.io'],
      resources: ['subjectaccessreviews'],
      verbs: ['create'],
    });
  });

  it('lets secrets be read where it is told to', () => {
    const objects = csiManifests(new FakeDriver(...services), { image, secretNamespaces: ['vault'] });
    const role = objects.find(({ metadata }) => metadata.namespace === 'vault');
    expect(role).toMatchObject({ kind: 'Role', rules: [{ resources: ['secrets'], verbs: ['get'] }] });
  });
});

it('toYaml writes one document for each object', () => {
  const objects = csiManifests(new FakeDriver(...services), { image });
  const read = parseAllDocuments(toYaml(objects)).map((document) => document.toJS() as unknown);
  expect(read).toEqual(JSON.parse(JSON.stringify(objects)));
});

it('mergeRules keeps names and verbs apart', () => {
  const rule = (resources: string[], verbs: string[], resourceNames?: string[]) => ({
    apiGroups: [''],
    resources,
    verbs,
    ...(resourceNames && { resourceNames }),
  });
  expect(
    mergeRules([
      rule(['a', 'b'], ['list']),
      rule(['a'], ['get']),
      rule(['b'], ['get']),
      rule(['a'], ['patch'], ['one']),
      rule(['c'], ['get']),
    ]),
  ).toEqual([rule(['a', 'b'], ['get', 'list']), rule(['a'], ['patch'], ['one']), rule(['c'], ['get'])]);
});

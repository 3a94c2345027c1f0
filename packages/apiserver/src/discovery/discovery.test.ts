import { builtinResources } from '@kubewright/api/schemas';
import { describe, expect, it } from 'vitest';
import { Discovery } from './discovery.js';
import type { DiscoveryDocument } from './discovery.js';
import { compareVersions } from './versions.js';

const site = {
  group: 'web.example.com',
  version: 'v1',
  kind: 'Website',
  plural: 'websites',
  singular: 'website',
  scope: 'Namespaced',
  shortNames: ['ws'],
  categories: ['all'],
  verbs: ['get', 'list'],
  subresources: [{ name: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get'] }],
} as const;
const discovery = new Discovery([...builtinResources(), site], '10.0.0.1:6443');

function read(document: DiscoveryDocument | undefined): unknown {
  return JSON.parse(document?.body.toString() ?? 'null');
}

describe('discovery', () => {
  it('lists the versions of the core group', () => {
    expect(read(discovery.legacyVersions())).toEqual({
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '10.0.0.1:6443' }],
    });
  });

  it('lists groups with built-in ones first, and prefers stable versions', () => {
    const groups = (read(discovery.groupList()) as { groups: { name: string; preferredVersion: object }[] }).groups;
    expect(groups[0]?.name).toBe('apiregistration.k8s.io');
    expect(groups.at(-1)?.name).toBe('web.example.com');
    expect(groups.find((group) => group.name === 'autoscaling')?.preferredVersion).toEqual({
      groupVersion: 'autoscaling/v2',
      version: 'v2',
    });
    expect(read(discovery.group('apps'))).toMatchObject({ kind: 'APIGroup', apiVersion: 'v1', name: 'apps' });
    expect(discovery.group('none')).toBeUndefined();
  });

  it('lists resources with their subresources', () => {
    expect(read(discovery.resourceList('web.example.com', 'v1'))).toMatchObject({
      kind: 'APIResourceList',
      groupVersion: 'web.example.com/v1',
      resources: [
        {
          name: 'websites',
          singularName: 'website',
          namespaced: true,
          kind: 'Website',
          verbs: ['get', 'list'],
          shortNames: ['ws'],
          categories: ['all'],
        },
        {
          name: 'websites/scale',
          singularName: '',
          namespaced: true,
          group: 'autoscaling',
          version: 'v1',
          kind: 'Scale',
          verbs: ['get'],
        },
      ],
    });
    const pods = (
      read(discovery.resourceList('', 'v1')) as { resources: { name: string; storageVersionHash?: string }[] }
    ).resources;
    expect(pods.find((resource) => resource.name === 'pods')?.storageVersionHash).toBe('xPOwRZ+Yhw8=');
    expect(discovery.resourceList('apps', 'v9')).toBeUndefined();
  });

  it('tells everything in one document', () => {
    const core = discovery.aggregated(true, 'v2');
    expect(read(core)).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      items: [{ versions: [{ version: 'v1', freshness: 'Current' }] }],
    });
    expect(core.etag).toMatch(/^"[0-9A-F]{128}"$/);
    expect(discovery.aggregated(true, 'v2')).toBe(core);
    const { items } = read(discovery.aggregated(false, 'v2beta1')) as {
      items: { metadata: { name: string }; versions: { resources: unknown[] }[] }[];
    };
    expect(items.find((item) => item.metadata.name === 'web.example.com')?.versions[0]?.resources).toEqual([
      {
        resource: 'websites',
        responseKind: { group: 'web.example.com', version: 'v1', kind: 'Website' },
        scope: 'Namespaced',
        singularResource: 'website',
        verbs: ['get', 'list'],
        shortNames: ['ws'],
        categories: ['all'],
        subresources: [
          {
            subresource: 'scale',
            responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
            verbs: ['get'],
          },
        ],
      },
    ]);
  });

  it('orders versions by stability, then age', () => {
    const versions = ['v1alpha1', 'foo', 'v1', 'v2beta1', 'v10', 'v2', 'v2beta2'];
    expect(versions.toSorted(compareVersions)).toEqual(['v10', 'v2', 'v1', 'v2beta2', 'v2beta1', 'v1alpha1', 'foo']);
  });
});

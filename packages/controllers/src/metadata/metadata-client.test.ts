import { ConfigMap, Namespace } from '@kubewright/api/core/v1';
import { FakeTransport } from '@kubewright/informer/testing';
import { describe, expect, it } from 'vitest';
import { metadataClient } from './metadata-client.js';

describe('metadataClient', () => {
  it('asks for lists as lists of metadata, and for everything else as metadata', async () => {
    const accepts: string[] = [];
    const transport = new FakeTransport((request) => {
      accepts.push(/as=(\w+)/.exec(request.headers?.['accept'] ?? '')?.[1] ?? 'whole');
      return { status: 200, body: JSON.stringify({ metadata: {}, items: [] }) };
    });
    const client = metadataClient({ transport, namespace: 'default' });
    await client.list(ConfigMap);
    await client.list(ConfigMap, { namespace: 'default' });
    await client.list(Namespace);
    await client.get(Namespace, { name: 'default' });
    await client.get(ConfigMap, { name: 'a' });
    await client.openWatch(ConfigMap);
    await client.patch(ConfigMap, { name: 'a' }, { type: 'merge', patch: {} });
    await client.delete(ConfigMap, { name: 'a' });
    await client.discovery.discover();
    const [list, one] = ['PartialObjectMetadataList', 'PartialObjectMetadata'];
    expect(accepts.slice(0, 8)).toEqual([list, list, list, one, one, one, one, 'whole']);
    expect(accepts.slice(8)).toEqual(['APIGroupDiscoveryList', 'APIGroupDiscoveryList']);
  });
});

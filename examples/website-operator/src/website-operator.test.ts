import { Deployment } from '@kubewright/api/apps/v1';
import { Service } from '@kubewright/api/core/v1';
import { TestCluster } from '@kubewright/cluster/testing';
import { kindOf } from 'kubewright';
import { describe, expect, it } from 'vitest';
import { InMemoryHosting } from './hosting-api.js';
import { Website } from './website.js';
import { WebsiteController } from './website.controller.js';

describe('the website operator', () => {
  it('serves a website, follows its size, and frees the hosting in the end', async () => {
    const cluster = await TestCluster.start({ controllers: [InMemoryHosting, WebsiteController] });
    try {
      const { client } = cluster;
      const hosting = cluster.get(InMemoryHosting);
      await client.create(kindOf(Website), {
        metadata: { name: 'blog', namespace: 'default' },
        spec: { repository: 'https://git.example.com/jane/blog.git', replicas: 2 },
      });
      const ready = (count: number) => async () =>
        expect((await client.get(kindOf(Website), { name: 'blog' })).status?.readyReplicas).toBe(count);
      await cluster.eventually(ready(2));
      expect((await client.get(Service, { name: 'blog' })).spec?.ports?.[0]?.port).toBe(80);
      expect(hosting.accounts.size).toBe(1);
      await client.patch(kindOf(Website), { name: 'blog' }, { type: 'merge', patch: { spec: { replicas: 3 } } });
      await cluster.eventually(ready(3));
      await client.delete(kindOf(Website), { name: 'blog' });
      await cluster.eventually(async () =>
        expect((await client.list(Deployment, { namespace: 'default' })).items).toEqual([]),
      );
      expect(hosting.accounts.size).toBe(0);
    } finally {
      await cluster.stop();
    }
  });
});

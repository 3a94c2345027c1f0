import { isForbidden } from '@kubewright/api';
import { Pod, Secret } from '@kubewright/api/core/v1';
import { Lease } from '@kubewright/api/coordination/v1';
import { ClusterRole } from '@kubewright/api/rbac/v1';
import { CSIStorageCapacity } from '@kubewright/api/storage/v1';
import { ServerAccess } from '@kubewright/cluster';
import { TestCluster } from '@kubewright/cluster/testing';
import { controllerHost, connectTo, leaderElection } from '@kubewright/controller';
import { Host } from '@kubewright/core';
import { csiManifests, toYaml } from '@kubewright/csi-sidecars/manifests';
import { csiSidecars } from '@kubewright/csi-sidecars';
import { Client } from '@kubewright/informer';
import type { Transport } from '@kubewright/informer';
import { startHostPathDriver } from '@kubewright/storage/testing';
import { describe, expect, it } from 'vitest';
import { applyManifests } from './applied-manifests.js';
import { tellMore } from './more-of-the-story.js';
import { writeTarget } from './request-target.js';
import { VolumeStory } from './volume-story.js';

const account = 'hostpath-csi-kubewright-dev-controller';
const groups = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'];

/** Passes requests on in the name of the manifests' account, and remembers what it wrote and what it was refused. */
function transportOf(cluster: TestCluster) {
  const inner = cluster.get(ServerAccess).transport({ name: `system:serviceaccount:kube-system:${account}`, groups });
  const refused: string[] = [];
  const written = new Set<string>();
  const transport: Transport = {
    async send(request, signal) {
      const target = writeTarget(request);
      if (target !== undefined) written.add(`${target.verb} ${target.group}/${target.resource}`);
      const response = await inner.send(request, signal);
      if (response.status === 403) refused.push(`${request.method} ${request.path}`);
      return response;
    },
    close: () => inner.close(),
  };
  return { transport, refused, written };
}

/** The writes that a role allows, but for events, whose repetition is written otherwise. */
function writesOf({ rules = [] }: ClusterRole): string[] {
  return rules
    .flatMap(({ apiGroups = [], resources = [], verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${apiGroups.join()}/${resource}`)),
    )
    .filter((right) => !/^(get|list|watch) |\/events$/.test(right));
}

describe.skipIf(process.getuid?.() !== 0)('the sidecars in the account of their manifests', () => {
  it('do all their work, are refused nothing, and may write nothing else', async () => {
    await using started = await startHostPathDriver();
    const { driver, socketPath } = started;
    await using cluster = await TestCluster.start();
    const image = 'example.com/hostpath-driver:1.0.0';
    await applyManifests(cluster, toYaml(csiManifests(driver, { image, secretNamespaces: ['default'] })));
    await cluster.client.create(Secret, { metadata: { name: 'key' }, stringData: { password: 'secret' } });

    const secret = 'csi.storage.k8s.io/provisioner-secret';
    const parameters = { [`${secret}-name`]: 'key', [`${secret}-namespace`]: 'default' };
    const story = new VolumeStory(cluster, { ...started, name: driver.name }, parameters);
    await story.register();

    const { transport, refused, written } = transportOf(cluster);
    const connection = { name: 'account', open: () => Promise.resolve({ transport, namespace: 'kube-system' }) };
    const host = new Host({ name: 'sidecars' })
      .use([connectTo(connection), controllerHost, leaderElection({ name: driver.name, identity: 'this' })])
      .use(csiSidecars({ endpoint: socketPath }));
    await host.start();
    try {
      await story.tell();
      await tellMore(cluster, driver.name);
      await cluster.eventually(async () => {
        const { items } = await cluster.client.list(CSIStorageCapacity, { namespace: 'kube-system' });
        expect(items.map(({ storageClassName }) => storageClassName)).toEqual([driver.name]);
      });
      const lease = await cluster.client.get(Lease, { name: driver.name, namespace: 'kube-system' });
      expect(lease.spec?.holderIdentity).toBe('this');
      expect(refused).toEqual([]);
      const role = await cluster.client.get(ClusterRole, { name: account });
      expect(writesOf(role).filter((right) => !written.has(right))).toEqual([]);
      const client = new Client({ transport });
      await expect(client.list(Secret, { namespace: 'kube-system' })).rejects.toSatisfy(isForbidden);
      await expect(client.list(Pod)).rejects.toSatisfy(isForbidden);
    } finally {
      await host.stop();
    }
  });
});

import { Deployment } from '@kubewright/api/apps/v1';
import { TestCluster } from '@kubewright/cluster/testing';

/** A Deployment comes up on a simulated node: API server, stock controllers and scheduler run in this process. */
export async function readyReplicas(): Promise<number> {
  await using cluster = await TestCluster.start();
  const labels = { app: 'web' };
  await cluster.client.create(Deployment, {
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'example.com/web' }] } },
    },
  });
  return await cluster.eventually(async () => {
    const { status } = await cluster.client.get(Deployment, { name: 'web' });
    if (status?.readyReplicas !== 2) throw new Error('not ready yet');
    return status.readyReplicas;
  });
}

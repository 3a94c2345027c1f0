import { apiVersionOf } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import type { TestCluster } from '@kubewright/cluster/testing';
import { parseAllDocuments } from 'yaml';

/** Applies manifests as `kubectl apply --server-side` does, and waits for the kinds that they themselves define. */
export async function applyManifests(cluster: TestCluster, yaml: string): Promise<void> {
  const { client } = cluster;
  for (const object of parseAllDocuments(yaml).map((document) => document.toJS() as KubeObject)) {
    await cluster.eventually(async () => {
      const kinds = await client.discovery.discover();
      const kind = kinds.find((each) => each.kind === object.kind && apiVersionOf(each) === object.apiVersion);
      if (kind === undefined) throw new Error(`${object.apiVersion} ${object.kind} is not served`);
      const { name = '' } = object.metadata;
      await client.apply(kind, { ...object, metadata: { ...object.metadata, name } }, { fieldValidation: 'Strict' });
    });
  }
}

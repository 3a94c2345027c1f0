import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { KubeObject } from '@kubewright/api';
import { PersistentVolumeClaim } from '@kubewright/api/core/v1';
import { StorageClass } from '@kubewright/api/storage/v1';
import { TestCluster } from '@kubewright/cluster/testing';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const program = (name: string): string => fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));

it('the manifests run the two programs with the rights of a provisioner', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program('manifests')]);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as KubeObject);
  const found = (kind: string) => objects.find((object) => object.kind === kind);
  expect(objects.map(({ kind }) => kind)).toEqual([
    'CSIDriver',
    'ServiceAccount',
    'DaemonSet',
    'ServiceAccount',
    'ClusterRole',
    'ClusterRoleBinding',
    'Role',
    'RoleBinding',
    'Deployment',
    'StorageClass',
  ]);
  expect(found('CSIDriver')).toMatchObject({
    metadata: { name: 'files.example.com' },
    spec: { attachRequired: false },
  });
  expect(found('Deployment')).toMatchObject({ spec: { replicas: 2 } });
  expect(JSON.stringify(found('ClusterRole'))).not.toMatch(/secrets|create.*customresourcedefinitions/);
});

it('the controller program makes volumes for claims until SIGTERM', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kw-example-'));
  await using cluster = await TestCluster.start({ listen: true });
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig(), { mode: 0o600 });
  const volumes = join(directory, 'volumes');
  const child = spawn(process.execPath, [program('controller')], {
    env: {
      ...process.env,
      KUBECONFIG: kubeconfig,
      CSI_ENDPOINT: `unix://${join(directory, 'csi.sock')}`,
      VOLUMES_DIRECTORY: volumes,
    },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  const { client } = cluster;
  try {
    await client.create(StorageClass, { metadata: { name: 'files' }, provisioner: 'files.example.com' });
    await client.create(PersistentVolumeClaim, {
      metadata: { name: 'data', namespace: 'default' },
      spec: {
        accessModes: ['ReadWriteMany'],
        storageClassName: 'files',
        resources: { requests: { storage: '1Mi' } },
      },
    });
    await cluster.eventually(
      async () => expect((await client.get(PersistentVolumeClaim, { name: 'data' })).status?.phase).toBe('Bound'),
      { timeout: 30_000 },
    );
    expect(await readdir(volumes)).toHaveLength(1);
    await client.delete(PersistentVolumeClaim, { name: 'data' });
    await cluster.eventually(async () => expect(await readdir(volumes)).toEqual([]));
  } finally {
    child.kill('SIGTERM');
    await exited;
    await rm(directory, { recursive: true });
  }
  expect(child.exitCode).toBe(0);
});

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigMap, Node, Pod } from '@kubewright/api/core/v1';
import { Plugin, inject, provide, token } from '@kubewright/core';
import { AdmissionPlugin } from '@kubewright/apiserver';
import { Client, kubeconfig } from '@kubewright/informer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterErrors } from '../errors/cluster-errors.js';
import { EmbeddedCluster } from './embedded-cluster.js';
import { embeddedConnection } from './embedded-connection.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewright-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const clientOf = (cluster: EmbeddedCluster): Client =>
  new Client({ transport: cluster.transport(), namespace: 'default' });

describe('EmbeddedCluster', () => {
  it('keeps objects and credentials from run to run', async () => {
    const options = { dataDirectory: folder, listen: true, nodes: 1 };
    let text: string;
    {
      await using cluster = await new EmbeddedCluster(options).start();
      await clientOf(cluster).create(ConfigMap, { metadata: { name: 'kept' }, data: { a: '1' } });
      text = cluster.kubeconfig();
    }
    await using cluster = await new EmbeddedCluster(options).start();
    expect((await clientOf(cluster).get(ConfigMap, { name: 'kept' })).data).toEqual({ a: '1' });
    expect((await clientOf(cluster).list(Node)).items).toHaveLength(1);
    const old = await kubeconfig({ text: text.replace(/https:[^"]+/, cluster.url) }).open();
    expect(await new Client(old).get(ConfigMap, { name: 'kept' })).toBeDefined();
    await old.transport.close();
  });

  it('takes nodes and their pods away that it does not simulate any more', async () => {
    {
      await using cluster = await new EmbeddedCluster({ dataDirectory: folder, nodes: 2 }).start();
      const containers = [{ name: 'web', image: 'nginx' }];
      const spec = { nodeName: 'node-2', containers };
      await clientOf(cluster).create(Pod, { metadata: { name: 'lost' }, spec });
    }
    await using cluster = await new EmbeddedCluster({ dataDirectory: folder, nodes: 1 }).start();
    const client = clientOf(cluster);
    expect((await client.list(Node)).items.map(({ metadata }) => metadata.name)).toEqual(['node-1']);
    expect((await client.list(Pod)).items).toEqual([]);
  });

  it('says that the data directory is in use', async () => {
    await using cluster = await new EmbeddedCluster({ dataDirectory: folder }).serve();
    expect(cluster.name).toBe('kubewright');
    const second = new EmbeddedCluster({ dataDirectory: folder }).start();
    await expect(second).rejects.toThrow(`the data directory '${folder}' is in use by process ${process.pid}`);
  });

  it('says that the port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const failed = await new EmbeddedCluster({ listen: { port } }).start().catch((error: Error) => error.cause);
    expect(clusterErrors.PORT_IN_USE.is(failed) && failed.details).toEqual({ address: '127.0.0.1', port });
    await new Promise((resolve) => other.close(resolve));
  });

  it('refuses options that cannot be met', () => {
    expect(() => new EmbeddedCluster({ nodes: 257 })).toThrow(/cannot have 257 simulated nodes/);
    expect(() => new EmbeddedCluster({ storage: 'sqlite' })).toThrow(/needs a directory/);
    const cluster = new EmbeddedCluster();
    expect(() => cluster.transport()).toThrow();
  });

  it('has no URL where it does not listen', async () => {
    await using cluster = await new EmbeddedCluster().serve();
    expect(() => cluster.kubeconfig()).toThrow(/serves inside the process only/);
  });

  it('lets a plugin take the place of its own', async () => {
    @Plugin({ name: 'scheduler' })
    class Scheduler {}
    const cluster = new EmbeddedCluster().use(Scheduler, { replaces: 'binder' });
    const [server, controlPlane] = (await cluster.graphs()).map(([, graph]) => graph.nodes.map(({ name }) => name));
    expect(server).toContain('api-server');
    expect(controlPlane).toEqual(expect.arrayContaining(['deployment-controller', 'scheduler', 'simulated-nodes']));
    expect(controlPlane).not.toContain('binder');
    await using running = await cluster.start();
    expect(() => running.use(Scheduler)).toThrow(/has started: register plugins/);
  });

  it('puts a plugin of the server beside it together with what it needs, and the rest beside the controllers', async () => {
    const Words = token<readonly string[]>('@test/Words');
    @Plugin({ name: 'policy', contributes: [AdmissionPlugin] })
    class Policy implements AdmissionPlugin {
      readonly name = 'Policy';
      constructor(@inject(Words) readonly words: readonly string[]) {}
    }
    const words = { name: 'words', provides: [provide(Words, { value: [] })] };
    const cluster = new EmbeddedCluster().use([{ name: 'mine' }, words, Policy]).without('binder', 'simulated-nodes');
    const [server, controlPlane] = (await cluster.graphs()).map(([, graph]) => graph.nodes.map(({ name }) => name));
    expect(server).toEqual(expect.arrayContaining(['api-server', 'words', 'policy']));
    expect(controlPlane).toEqual(expect.arrayContaining(['deployment-controller', 'mine']));
    expect(controlPlane).not.toContain('binder');
    await expect(new EmbeddedCluster({ nodes: 0 }).without('binde').start()).rejects.toThrow(
      "is to do without 'binde', which is not registered (did you mean 'binder'?)",
    );
  });

  it('is a connection whose end stops it', async () => {
    const { transport, namespace } = await embeddedConnection({ nodes: 0 }).open();
    const client = new Client({ transport, namespace });
    await client.create(ConfigMap, { metadata: { name: 'a' } });
    await transport.close();
    await expect(client.get(ConfigMap, { name: 'a' })).rejects.toThrow();
  });
});

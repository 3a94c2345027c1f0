import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Node } from '@kubewright/api/core/v1';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { connectTo, controllerHost, kindOf } from '@kubewright/controller';
import { Host, provide } from '@kubewright/core';
import { Client } from '@kubewright/informer';
import { expect, it } from 'vitest';
import { OverlayController, OverlaySettings } from './overlay-controller.js';
import type { OverlayNode } from './plan.js';
import { readOverlayConfig } from './overlay-config.js';

it('follows the nodes as they come, change and go', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'overlay-'));
  const podNetworkFile = join(directory, 'pod-network.json');
  const server = await startTestApiServer();
  let applied: { self: OverlayNode; nodes: readonly OverlayNode[] } | undefined;
  const settings: OverlaySettings = {
    nodeName: 'one',
    podNetworkFile,
    overlay: { apply: (self, nodes) => ((applied = { self, nodes }), Promise.resolve({ mtu: 1450, problems: [] })) },
  };
  const connection = {
    name: 'test',
    open: () => Promise.resolve({ transport: server.transport, namespace: 'default' }),
  };
  const host = new Host({ name: 'test' })
    .use(connectTo(connection))
    .use(controllerHost)
    .use({ name: 'settings', provides: [provide(OverlaySettings, { value: settings })] })
    .use(OverlayController);
  await host.start();
  try {
    const client = new Client({ transport: server.transport, namespace: 'default' });
    const names = (): string[] | undefined => applied?.nodes.map(({ name }) => name).toSorted();
    const create = async (name: string, last: number): Promise<void> => {
      const created = await client.create(kindOf(Node), {
        metadata: { name },
        spec: { podCIDRs: [`10.1.${last}.0/24`], podCIDR: `10.1.${last}.0/24` },
      });
      const addresses = [{ type: 'InternalIP', address: `192.0.2.${last}` }];
      await client.status(kindOf(Node)).update({ ...created, status: { addresses } });
    };
    await create('two', 2);
    await create('one', 1);
    await expect.poll(names).toEqual(['one', 'two']);
    expect(applied?.self).toEqual({ name: 'one', address: '192.0.2.1', podNetworks: ['10.1.1.0/24'] });
    expect(readOverlayConfig(podNetworkFile)).toEqual({ podNetworks: ['10.1.1.0/24'], mtu: 1450 });
    await client.delete(kindOf(Node), { name: 'two' });
    await expect.poll(names).toEqual(['one']);
  } finally {
    await host.stop();
    await server.stop();
    rmSync(directory, { recursive: true });
  }
});

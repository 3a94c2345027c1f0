import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { Node } from '@kubewright/api/core/v1';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import type { TestApiServer } from '@kubewright/apiserver/testing';
import { connectTo, controllerHost, kindOf } from '@kubewright/controller';
import { Host } from '@kubewright/core';
import { Client } from '@kubewright/informer';
import { addAddress, newLink, Rtnetlink, setLink } from '@kubewright/linux';
import type { NetworkNamespace } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { clusterNetwork } from '@kubewright/network';
import { overlay } from '@kubewright/network/overlay';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InstalledMachine } from './installed-machine.js';

interface Member {
  readonly name: string;
  readonly address: string;
  readonly podNetworks: readonly string[];
}

const one: Member = { name: 'one', address: '198.51.100.1', podNetworks: ['10.75.1.0/24', 'fd75:1::/64'] };
const two: Member = { name: 'two', address: '198.51.100.2', podNetworks: ['10.75.2.0/24', 'fd75:2::/64'] };
const world = '192.0.2.2';
const attachment = { containerId: 'pod', ifName: 'eth0' };

/** Answers everybody with the address that the call came from. */
function serve(namespace: NetworkNamespace): Server {
  const server = createServer((socket) => socket.end(String(socket.remoteAddress).replace('::ffff:', '')));
  namespace.run(() => void server.listen(80));
  return server;
}

/** Joins two namespaces by a cable with an address at each end. */
async function cable(
  near: NetworkNamespace,
  index: number,
  addresses: readonly [string, string],
  far: NetworkNamespace,
): Promise<void> {
  await using tables = Rtnetlink.open({ namespace: near });
  await using others = Rtnetlink.open({ namespace: far });
  const name = `wire${index}`;
  await tables.run(newLink({ kind: 'veth', name, index, peer: { name, index, namespaceDescriptor: far.descriptor } }));
  for (const [side, address] of [
    [tables, addresses[0]],
    [others, addresses[1]],
  ] as const) {
    await side.run(setLink(index, { up: true }), addAddress({ link: index, address: `${address}/24` }));
  }
}

describe.skipIf(!privileged())('pods of two nodes over the overlay (needs root)', () => {
  let server: TestApiServer;
  let client: Client;
  let machines: readonly [InstalledMachine, InstalledMachine];
  let pods: readonly ReturnType<InstalledMachine['pod']>[];
  const hosts: Host[] = [];
  const servers: Server[] = [];

  const follow = async (machine: InstalledMachine, { name: nodeName }: Member): Promise<void> => {
    const connection = {
      name: 'test',
      open: () => Promise.resolve({ transport: server.transport, namespace: 'default' }),
    };
    const settings = { nodeName, namespace: machine.space.path, stateDirectory: machine.path('state') };
    const host = new Host({ name: nodeName }).use(connectTo(connection)).use(controllerHost).use(overlay(settings));
    hosts.push(host);
    await host.start();
  };
  const register = async ({ name, address, podNetworks: podCIDRs }: Member): Promise<void> => {
    const node = await client.create(kindOf(Node), {
      metadata: { name },
      spec: { podCIDRs: [...podCIDRs], podCIDR: podCIDRs[0] ?? '' },
    });
    await client.status(kindOf(Node)).update({ ...node, status: { addresses: [{ type: 'InternalIP', address }] } });
  };
  /** Whom a server takes the pod of the first machine for; empty where it cannot be reached. */
  const ask = async (address: string): Promise<string> => {
    const command = `exec 3<>/dev/tcp/${address}/80 && cat <&3`;
    return (await machines[0].run(['timeout', '2', 'bash', '-c', command], { netns: pods[0]?.path ?? '' })).stdout;
  };
  const status = async (machine: InstalledMachine): Promise<unknown> =>
    machine
      .runner()
      .status(await machine.network())
      .then(
        () => 'ready',
        (error: { cniCode?: number }) => error.cniCode,
      );

  beforeAll(async () => {
    server = await startTestApiServer();
    client = new Client({ transport: server.transport, namespace: 'default' });
    machines = [await InstalledMachine.install(clusterNetwork()), await InstalledMachine.install(clusterNetwork())];
    pods = machines.map((machine) => machine.pod());
    const outside = machines[0].pod();
    await cable(machines[0].space.namespace, 800, [one.address, two.address], machines[1].space.namespace);
    await cable(machines[0].space.namespace, 801, ['192.0.2.1', world], outside.namespace);
    servers.push(serve(outside.namespace));
  });
  afterAll(async () => {
    for (const each of servers) each.close();
    for (const host of hosts) await host.stop();
    for (const machine of machines) await machine[Symbol.asyncDispose]();
    await server.stop();
  });

  it('has no network before the cluster gave it one', async () => {
    expect(await status(machines[0])).toBe(50);
    const added = machines[0].runner().add(await machines[0].network(), { ...attachment, netns: pods[0]?.path ?? '' });
    await expect(added).rejects.toMatchObject({ cniCode: 11 });
  });

  it('connects pods by what the controller found out', async () => {
    await Promise.all([register(one), register(two)]);
    await Promise.all([follow(machines[0], one), follow(machines[1], two)]);
    for (const [index, machine] of machines.entries()) {
      await expect.poll(() => status(machine)).toBe('ready');
      const netns = pods[index]?.path ?? '';
      const { ips } = await machine.runner().add(await machine.network(), { ...attachment, netns });
      expect(ips?.map(({ address }) => address)).toEqual([`10.75.${index + 1}.2/24`, `fd75:${index + 1}::2/64`]);
    }
    const pod = pods[1];
    if (pod !== undefined) servers.push(serve(pod.namespace));
    const { stdout } = await machines[0].run(['ip', 'route', 'get', '10.75.2.2'], { netns: pods[0]?.path ?? '' });
    expect(stdout).toContain('mtu 1450');
  });

  it('shows pods of other machines the pod, and the world the machine', async () => {
    await expect.poll(() => ask('10.75.2.2')).toBe('10.75.1.2');
    expect(await ask('fd75:2::2')).toBe('fd75:1::2');
    expect(await ask(world)).toBe('192.0.2.1');
  });

  it('leads nowhere when the node is gone', async () => {
    await client.delete(kindOf(Node), { name: 'two' });
    const destinations = async (): Promise<string[]> => {
      const both = await Promise.all(([4, 6] as const).map((family) => machines[0].tables.routes({ family })));
      return both
        .flat()
        .map(({ destination }) => destination)
        .filter((one) => two.podNetworks.includes(one));
    };
    await expect.poll(destinations).toEqual([]);
    expect(await ask('10.75.2.2')).toBe('');
    expect(await ask(world)).toBe('192.0.2.1');
  });
});

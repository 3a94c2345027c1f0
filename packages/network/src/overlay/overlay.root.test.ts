import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { addAddress, newLink, setLink } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestMachine } from '../testing/test-machine.js';
import { overlayProtocol } from './plan.js';
import type { OverlayNode } from './plan.js';
import { VxlanOverlay } from './vxlan-overlay.js';

const nodes: readonly OverlayNode[] = [
  { name: 'one', address: '198.51.100.1', podNetworks: ['10.64.1.0/24', 'fd64:1::/64'] },
  { name: 'two', address: '198.51.100.2', podNetworks: ['10.64.2.0/24', 'fd64:2::/64'] },
];

const port = 7000;
const large = 1_000_000;

function at<T>(list: readonly T[], index: number): T {
  const one = list[index];
  if (one === undefined) throw new RangeError(`there is no number ${index}`);
  return one;
}

describe.skipIf(!privileged())('the overlay between two machines (needs root)', () => {
  const machines: TestMachine[] = [];
  const overlays: VxlanOverlay[] = [];
  const pods: string[] = [];
  const servers: Server[] = [];
  const machine = (index: number): TestMachine => at(machines, index);
  const overlay = (index: number): VxlanOverlay => at(overlays, index);
  const self = (index: number): OverlayNode => at(nodes, index);

  /** How many bytes a server in a pod gets from another pod. */
  const send = async (from: string, address: string, bytes: number): Promise<string> => {
    const command = `exec 3<>/dev/tcp/${address}/${port} && head -c ${bytes} /dev/zero >&3 && head -c ${String(bytes).length} <&3`;
    return (await machine(0).run(['timeout', '3', 'bash', '-c', command], { netns: from })).stdout;
  };
  const overlayRoutes = async (index: number): Promise<string[]> => {
    const both = await Promise.all(([4, 6] as const).map((family) => machine(index).tables.routes({ family })));
    return both.flat().flatMap(({ protocol, destination }) => (protocol === overlayProtocol ? [destination] : []));
  };

  beforeAll(async () => {
    machines.push(new TestMachine(), new TestMachine());
    const { descriptor } = machine(1).space.namespace;
    await machine(0).tables.run(
      newLink({
        kind: 'veth',
        name: 'wire',
        index: 800,
        peer: { name: 'wire', index: 800, namespaceDescriptor: descriptor },
      }),
    );
    for (const [index, one] of machines.entries()) {
      await one.tables.run(
        setLink('lo', { up: true }),
        setLink(800, { up: true }),
        addAddress({ link: 800, address: `${self(index).address}/24` }),
      );
      overlays.push(new VxlanOverlay(one.host));
      const space = one.pod();
      const pod = space.path;
      pods.push(pod);
      const server = createServer((socket) => {
        let received = 0;
        socket.on('data', (chunk) => {
          received += chunk.length;
          if (received >= large) socket.end(String(received));
        });
        socket.on('error', () => undefined);
      });
      servers.push(server);
      // Without a name to look up, binding happens inside the call.
      space.namespace.run(() => void server.listen(port));
      const ranges = self(index).podNetworks.map((subnet) => [{ subnet }]);
      const routes = [{ dst: '0.0.0.0/0' }, { dst: '::/0' }];
      const ipam = { type: 'host-local', dataDir: one.leases, ranges, routes };
      await one.succeed('bridge', 'ADD', { config: { isGateway: true, mtu: 1450, ipam }, netns: pod });
    }
  });
  afterAll(async () => {
    for (const server of servers) server.close();
    for (const one of machines) await one[Symbol.asyncDispose]();
  });

  it('lets pods of both reach each other with packets as large as the MTU says', async () => {
    expect(await Promise.all(overlays.map((one, index) => one.apply(self(index), nodes)))).toEqual([
      { mtu: 1450, problems: [] },
      { mtu: 1450, problems: [] },
    ]);
    expect((await machine(0).tables.link('kubewright.1'))?.mtu).toBe(1450);
    // Full segments go through only where the tunnel takes what the pod's interface says.
    expect(await send(pods[0] ?? '', '10.64.2.2', large)).toBe(String(large));
    expect(await send(pods[1] ?? '', 'fd64:1::2', large)).toBe(String(large));
    expect((await machine(0).tables.link('wire'))?.statistics?.sendErrors).toBe(0n);
    expect(await overlayRoutes(0)).toEqual(['10.64.2.0/24', 'fd64:2::/64']);
  });

  it('changes nothing when nothing changed', async () => {
    const before = await machine(0).tables.link('kubewright.1');
    await overlay(0).apply(self(0), nodes);
    expect((await machine(0).tables.link('kubewright.1'))?.index).toBe(before?.index);
    expect(await send(pods[0] ?? '', '10.64.2.2', large)).toBe(String(large));
  });

  it('makes again what somebody removed', async () => {
    await machine(0).run(['ip', 'link', 'delete', 'kubewright.1']);
    await overlay(0).apply(self(0), nodes);
    expect(await send(pods[0] ?? '', '10.64.2.2', large)).toBe(String(large));
  });

  it('leads nowhere when the node is gone', async () => {
    await overlay(0).apply(self(0), [self(0)]);
    const { tables } = machine(0);
    const index = (await tables.link('kubewright.1'))?.index ?? 0;
    expect(await overlayRoutes(0)).toEqual([]);
    expect((await tables.neighbours({ link: index })).filter(({ permanent }) => permanent)).toEqual([]);
    expect((await tables.forwarding({ link: index })).filter(({ destination }) => destination !== undefined)).toEqual(
      [],
    );
    expect(await send(pods[0] ?? '', '10.64.2.2', large)).toBe('');
  });

  it('cannot be without a link that has the address', async () => {
    const stranger = { ...self(0), address: '203.0.113.9' };
    await expect(overlay(0).apply(stranger, nodes)).rejects.toThrow(
      /no link of this machine has the address 203.0.113.9/,
    );
    await overlay(0).remove();
    await overlay(0).remove();
    expect(await machine(0).tables.link('kubewright.1')).toBeUndefined();
  });
});

import { existsSync } from 'node:fs';
import type { CniJson } from '@kubewright/cni-sdk';
import { addRoute, newLink, Nftables, readSysctl, Rtnetlink, setLink, addAddress } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerAs, askBy, datagrams } from './datagrams.js';
import { ask, connectWorld, serve, v4, v6 } from './surroundings.js';
import type { Family } from './surroundings.js';
import { TestMachine } from './test-machine.js';

const families: readonly Family[] = [v4, v6];
const table = { family: 'inet', name: 'kubewright-cni' } as const;

describe.skipIf(!privileged())('host ports of pods that come and go (needs root)', () => {
  let machine: TestMachine;
  let world: ReturnType<TestMachine['pod']>;
  const sockets: { close(): unknown }[] = [];

  const config = (more: CniJson): CniJson => ({ cniVersion: '1.1.0', name: 'ports', ...more });
  /** Connects a pod whose ports lead to the same of its own. */
  const connect = async (
    containerId: string,
    protocol: string,
    more: CniJson = {},
  ): Promise<ReturnType<TestMachine['pod']>> => {
    const pod = machine.pod();
    const ranges = families.map(({ subnet }) => [{ subnet }]);
    const routes = families.map(({ everything }) => ({ dst: everything }));
    const ipam = { type: 'host-local', dataDir: machine.leases, ranges, routes };
    const options = { containerId, netns: pod.path };
    const prevResult = await machine.succeed('bridge', 'ADD', {
      config: config({ isGateway: true, ipam }),
      ...options,
    });
    const portMappings = [{ hostPort: 8053, containerPort: 53, protocol }];
    const mapped = config({ prevResult, runtimeConfig: { portMappings }, ...more });
    await machine.succeed('portmap', 'ADD', { config: mapped, ...options });
    return pod;
  };
  const collect = (type: string, ...containerIDs: readonly string[]): Promise<CniJson> => {
    const valid = containerIDs.map((containerID) => ({ containerID, ifname: 'eth0' }));
    return machine.succeed(type, 'GC', { config: config({ 'cni.dev/valid-attachments': valid }) });
  };

  beforeEach(async () => {
    machine = new TestMachine();
    world = machine.pod();
    await connectWorld(machine, world, families);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    await machine[Symbol.asyncDispose]();
  });

  it.each([
    ['IPv4', 'udp4', v4.machine],
    ['IPv6', 'udp6', v6.machine],
  ] as const)('leads a client that keeps its port to the next pod with the UDP port by %s', async (_, type, host) => {
    const client = await datagrams(world.namespace, type, 4000);
    sockets.push(client);
    expect(await askBy(client, host, 8053)).toBe('');
    for (const name of ['one', 'two']) {
      const pod = await connect(name, 'udp');
      sockets.push(await answerAs(name, pod.namespace, type, 53));
      expect(await askBy(client, host, 8053)).toBe(name);
      await machine.succeed('portmap', 'DEL', { config: config({}), containerId: name, netns: pod.path });
    }
    expect(await askBy(client, host, 8053)).toBe('two');
  });

  it.each([
    ['all callers with masqAll', { masqAll: true }, (family: Family) => family.gateway],
    ['no caller without snat', { masqAll: true, snat: false }, (family: Family) => family.world],
  ])("puts the machine's address in for %s, and for nobody who calls the pod itself", async (_, more, seen) => {
    const pod = await connect('one', 'tcp', more);
    sockets.push(await serve(pod.namespace, 53));
    await using far = Rtnetlink.open(world);
    for (const family of families) {
      const { machine: near, one, subnet } = family;
      await far.run(addRoute({ destination: subnet, gateway: near, link: 2 }));
      expect(await ask(machine, world.path, near, 8053)).toBe(seen(family));
      expect(await ask(machine, world.path, one, 53)).toBe(family.world);
    }
    await machine.succeed('portmap', 'DEL', { config: config({}), containerId: 'one', netns: pod.path });
    await using filter = Nftables.open(machine.space);
    for (const name of ['ports-4', 'ports-all-6', 'port-targets-4'])
      expect(await filter.keys({ table, name })).toEqual([]);
  });

  it.skipIf(!existsSync('/usr/sbin/nft'))(
    'has the ports of pods that run again after GC, whatever became of the filter',
    async () => {
      const client = await datagrams(world.namespace, 'udp4', 4001);
      const pod = await connect('one', 'udp');
      await connect('two', 'tcp', { name: 'others' });
      sockets.push(client, await answerAs('one', pod.namespace, 'udp4', 53));
      expect(await askBy(client, v4.machine, 8053)).toBe('one');
      await machine.run(['/usr/sbin/nft', 'flush', 'ruleset']);
      expect(await askBy(client, v4.machine, 8053)).toBe('');
      await collect('portmap', 'one');
      expect(await askBy(client, v4.machine, 8053)).toBe('one');
      await collect('portmap');
      await using filter = Nftables.open(machine.space);
      expect(await filter.keys({ table, name: 'ports-4' })).toEqual([]);
    },
  );

  it('finds the interface by the way to the pod, as with a VLAN on top of the bridge', async () => {
    await machine.tables.run(
      newLink({ kind: 'bridge', name: 'cni0', index: 500 }),
      newLink({ kind: 'bridge', name: 'cni0.100', index: 501 }),
      setLink(501, { up: true }),
      addAddress({ link: 501, address: '10.77.0.1/24' }),
    );
    const netns = machine.pod().path;
    const interfaces = [{ name: 'cni0' }, { name: 'eth0', sandbox: netns }];
    const prevResult = { cniVersion: '1.1.0', interfaces, ips: [{ address: '10.77.0.5/24', interface: 1 }] };
    const portMappings = [{ hostPort: 8053, containerPort: 53, protocol: 'tcp' }];
    await machine.succeed('portmap', 'ADD', { config: config({ prevResult, runtimeConfig: { portMappings } }), netns });
    await machine.succeed('firewall', 'ADD', { config: config({ prevResult, ingressPolicy: 'isolated' }), netns });
    await using filter = Nftables.open(machine.space);
    for (const name of ['port-interfaces', 'firewall-bridges']) {
      expect((await filter.keys({ table, name })).map(String)).toEqual(['cni0.100'.padEnd(16, '\0')]);
    }
    expect(readSysctl('net/ipv4/conf/cni0.100/route_localnet', machine.space)).toBe('1');
    expect(readSysctl('net/ipv4/conf/cni0/route_localnet', machine.space)).toBe('0');
  });
});

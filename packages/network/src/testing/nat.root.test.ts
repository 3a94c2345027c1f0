import { existsSync } from 'node:fs';
import type { Server } from 'node:net';
import type { CniJson } from '@kubewright/cni-sdk';
import { writeSysctl } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask as askFrom, connectWorld, serve, v4, v6 } from './surroundings.js';
import { TestMachine } from './test-machine.js';

describe.skipIf(!privileged() || !existsSync('/usr/sbin/nft')).each([
  ['IPv4', [v4]],
  ['IPv6', [v6]],
  ['dual stack', [v4, v6]],
] as const)('masquerading and host ports with %s (needs root and nft)', (_title, families) => {
  let machine: TestMachine;
  let world: ReturnType<TestMachine['pod']>;
  let one: ReturnType<TestMachine['pod']>;
  let two: ReturnType<TestMachine['pod']>;
  const servers: Server[] = [];

  const ask = (netns: string, host: string, port: number): Promise<string> => askFrom(machine, netns, host, port);
  const connect = async (netns: string, containerId: string, ports: readonly CniJson[]): Promise<CniJson> => {
    const ipam = {
      type: 'host-local',
      dataDir: machine.leases,
      ranges: families.map(({ subnet }) => [{ subnet }]),
      routes: families.map(({ everything }) => ({ dst: everything })),
    };
    const bridge = { cniVersion: '1.1.0', isGateway: true, ipMasq: true, hairpinMode: true, ipam };
    const prevResult = await machine.succeed('bridge', 'ADD', { config: bridge, netns, containerId });
    const config = { cniVersion: '1.1.0', prevResult, runtimeConfig: { portMappings: ports } };
    await machine.succeed('portmap', 'ADD', { config, netns, containerId });
    return prevResult;
  };

  beforeAll(async () => {
    machine = new TestMachine();
    [world, one, two] = [machine.pod(), machine.pod(), machine.pod()];
    await connectWorld(machine, world, families);
    await connect(one.path, 'one', [
      { hostPort: 8080, containerPort: 80, protocol: 'tcp' },
      ...families.map(({ machine: hostIP }) => ({ hostPort: 8081, containerPort: 80, protocol: 'tcp', hostIP })),
    ]);
    await connect(two.path, 'two', []);
    servers.push(await serve(world.namespace, 90), await serve(one.namespace, 80));
  });

  afterAll(async () => {
    for (const server of servers) server.close();
    await machine[Symbol.asyncDispose]();
  });

  it('gives what leaves the network the address of the machine', async () => {
    for (const { machine: near, world: there } of families) expect(await ask(one.path, there, 90)).toBe(near);
  });

  it('leaves what stays in the network alone', async () => {
    for (const pods of families) expect(await ask(two.path, pods.one, 80)).toBe(pods.two);
  });

  it('leads a host port to the pod, from outside with the caller told', async () => {
    for (const { machine: near, world: there } of families) {
      expect(await ask(world.path, near, 8080)).toBe(there);
      expect(await ask(world.path, near, 8081)).toBe(there);
    }
  });

  it('leads it there from the machine, also by its loopback address', async () => {
    for (const { machine: near, loopback } of families) {
      expect(await ask(machine.space.path, near, 8080)).not.toBe('');
      if (loopback === undefined) continue;
      expect(await ask(machine.space.path, loopback, 8080)).not.toBe('');
      expect(await ask(machine.space.path, loopback, 8081)).toBe('');
    }
  });

  it('leads it there from a neighbour and from the pod itself', async () => {
    for (const { machine: near, gateway } of families) {
      expect(await ask(two.path, near, 8080)).toBe(gateway);
      expect(await ask(one.path, near, 8080)).toBe(gateway);
    }
  });

  it('refuses a port that leads to another pod, and takes it when it is free', async () => {
    const ports = [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }];
    const ips = families.map(({ two: address, length }) => ({ address: `${address}/${length}` }));
    const prevResult = { cniVersion: '1.1.0', ips };
    const options = {
      config: { cniVersion: '1.1.0', prevResult, runtimeConfig: { portMappings: ports } },
      containerId: 'two',
      netns: two.path,
    };
    const answers = (): Promise<string[]> =>
      Promise.all(families.map(({ machine: near }) => ask(world.path, near, 8080)));
    expect((await machine.call('portmap', 'ADD', options)).stdout).toContain('leads to another pod');
    expect(await answers()).toEqual(families.map(({ world: there }) => there));
    await machine.succeed('portmap', 'DEL', { ...options, containerId: 'one' });
    expect(await answers()).toEqual(families.map(() => ''));
    await machine.succeed('portmap', 'ADD', options);
    await machine.succeed('portmap', 'GC', { config: { cniVersion: '1.1.0', 'cni.dev/valid-attachments': [] } });
    const { stdout } = await machine.run(['/usr/sbin/nft', 'list', 'ruleset']);
    expect(stdout).not.toContain('8080');
  });

  it('makes what somebody removed from the packet filter again with the next pod', async () => {
    await machine.run(['/usr/sbin/nft', 'flush', 'ruleset']);
    writeSysctl({ 'net.ipv4.ip_forward': 0, 'net.ipv6.conf.all.forwarding': 0 }, machine.space);
    const three = machine.pod();
    await connect(three.path, 'three', [{ hostPort: 8090, containerPort: 80, protocol: 'tcp' }]);
    servers.push(await serve(three.namespace, 80));
    for (const { machine: near, world: there } of families) {
      expect(await ask(three.path, there, 90)).toBe(near);
      expect(await ask(world.path, near, 8090)).toBe(there);
    }
  });
});

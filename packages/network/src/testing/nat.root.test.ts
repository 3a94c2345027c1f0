import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import type { Json } from '@kubewright/cni-sdk';
import { addAddress, newLink, Rtnetlink, setLink, writeSysctl } from '@kubewright/linux';
import type { NetworkNamespace } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestMachine } from './test-machine.js';

const outside = { machine: '192.0.2.1', world: '192.0.2.2' };

/** A server inside a namespace that answers with the address it is called from. */
async function serve(namespace: NetworkNamespace, port: number): Promise<Server> {
  const server = createServer((socket) => socket.end(String(socket.remoteAddress).replace('::ffff:', '')));
  // Without a name to look up, binding happens inside the call.
  namespace.run(() => void server.listen(port));
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

describe.skipIf(!privileged() || !existsSync('/usr/sbin/nft'))(
  'masquerading and host ports (needs root and nft)',
  () => {
    let machine: TestMachine;
    let world: ReturnType<TestMachine['pod']>;
    let one: ReturnType<TestMachine['pod']>;
    let two: ReturnType<TestMachine['pod']>;
    const servers: Server[] = [];

    /** Who a server at `host` takes the caller for; empty where it cannot be reached. */
    const ask = async (netns: string, host: string, port: number): Promise<string> => {
      const command = `exec 3<>/dev/tcp/${host}/${port} && cat <&3`;
      return (await machine.run(['timeout', '2', 'bash', '-c', command], { netns })).stdout;
    };
    const connect = async (netns: string, containerId: string, ports: readonly Json[]): Promise<Json> => {
      const ipam = {
        type: 'host-local',
        dataDir: machine.leases,
        ranges: [[{ subnet: '10.62.0.0/24' }]],
        routes: [{ dst: '0.0.0.0/0' }],
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
      await machine.tables.run(
        setLink('lo', { up: true }),
        newLink({
          kind: 'veth',
          name: 'up0',
          index: 900,
          peer: { name: 'eth0', index: 2, namespaceDescriptor: world.namespace.descriptor },
        }),
        setLink(900, { up: true }),
        addAddress({ link: 900, address: `${outside.machine}/24` }),
      );
      await using far = Rtnetlink.open(world);
      await far.run(setLink(2, { up: true }), addAddress({ link: 2, address: `${outside.world}/24` }));
      // The world has no route to the pods: answers come back only if the machine put its own address in.
      await connect(one.path, 'one', [
        { hostPort: 8080, containerPort: 80, protocol: 'tcp' },
        { hostPort: 8081, containerPort: 80, protocol: 'tcp', hostIP: outside.machine },
      ]);
      await connect(two.path, 'two', []);
      servers.push(await serve(world.namespace, 90), await serve(one.namespace, 80));
    });

    afterAll(async () => {
      for (const server of servers) server.close();
      await machine[Symbol.asyncDispose]();
    });

    it('gives what leaves the network the address of the machine', async () => {
      expect(await ask(one.path, outside.world, 90)).toBe(outside.machine);
    });

    it('leaves what stays in the network alone', async () => {
      expect(await ask(two.path, '10.62.0.2', 80)).toBe('10.62.0.3');
    });

    it('leads a host port to the pod, from outside with the caller told', async () => {
      expect(await ask(world.path, outside.machine, 8080)).toBe(outside.world);
      expect(await ask(world.path, outside.machine, 8081)).toBe(outside.world);
    });

    it('leads it there from the machine, also by its loopback address', async () => {
      expect(await ask(machine.space.path, outside.machine, 8080)).not.toBe('');
      expect(await ask(machine.space.path, '127.0.0.1', 8080)).not.toBe('');
      expect(await ask(machine.space.path, '127.0.0.1', 8081)).toBe('');
    });

    it('leads it there from a neighbour and from the pod itself', async () => {
      expect(await ask(two.path, outside.machine, 8080)).toBe('10.62.0.1');
      expect(await ask(one.path, outside.machine, 8080)).toBe('10.62.0.1');
    });

    it('refuses a port that leads to another pod, and takes it when it is free', async () => {
      const ports = [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }];
      const prevResult = { cniVersion: '1.1.0', ips: [{ address: '10.62.0.3/24' }] };
      const options = {
        config: { cniVersion: '1.1.0', prevResult, runtimeConfig: { portMappings: ports } },
        containerId: 'two',
        netns: two.path,
      };
      expect((await machine.call('portmap', 'ADD', options)).stdout).toContain('leads to another pod');
      expect(await ask(world.path, outside.machine, 8080)).toBe(outside.world);
      await machine.succeed('portmap', 'DEL', { ...options, containerId: 'one' });
      expect(await ask(world.path, outside.machine, 8080)).toBe('');
      await machine.succeed('portmap', 'ADD', options);
      await machine.succeed('portmap', 'GC', { config: { cniVersion: '1.1.0', 'cni.dev/valid-attachments': [] } });
      expect(
        (await machine.run(['/usr/sbin/nft', 'list', 'map', 'inet', 'kubewright-cni', 'ports-4'])).stdout,
      ).not.toContain('elements');
    });

    it('makes what somebody removed from the packet filter again with the next pod', async () => {
      await machine.run(['/usr/sbin/nft', 'flush', 'ruleset']);
      writeSysctl({ 'net.ipv4.ip_forward': 0 }, machine.space);
      const three = machine.pod();
      await connect(three.path, 'three', [{ hostPort: 8090, containerPort: 80, protocol: 'tcp' }]);
      servers.push(await serve(three.namespace, 80));
      expect(await ask(three.path, outside.world, 90)).toBe(outside.machine);
      expect(await ask(world.path, outside.machine, 8090)).toBe(outside.world);
    });
  },
);

import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CniRunner, parseNetworkList } from '@kubewright/cni-sdk';
import type { CniJson, PluginExecutor } from '@kubewright/cni-sdk';
import { privileged } from '@kubewright/linux/testing';
import { defaultNetwork } from '@kubewright/network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InstalledMachine } from './installed-machine.js';

const goPlugins = '/usr/lib/cni';
const needed = ['bridge', 'portmap', 'tuning', 'bandwidth', 'firewall'].map((type) => join(goPlugins, type));
const able = privileged() && [...needed, '/usr/sbin/iptables'].every((path) => existsSync(path));

const ports = [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }];

/** Types by whose plugin is called. */
interface Chain {
  readonly go: readonly string[];
  readonly plugins: readonly CniJson[];
}

const chains: Readonly<Record<string, Chain>> = {
  'a bridge of theirs with addresses and host ports of ours': {
    go: ['bridge', 'tuning'],
    plugins: [
      { type: 'bridge' },
      { type: 'portmap', capabilities: { portMappings: true } },
      { type: 'tuning', mtu: 1300 },
      { type: 'bandwidth', egressRate: 8_000_000, egressBurst: 8_000_000 },
    ],
  },
  'a bridge of ours with host ports and limits of theirs': {
    go: ['portmap', 'bandwidth', 'firewall'],
    plugins: [
      { type: 'bridge' },
      { type: 'portmap', capabilities: { portMappings: true } },
      { type: 'bandwidth', ingressRate: 8_000_000, ingressBurst: 8_000_000 },
      { type: 'firewall', backend: 'iptables' },
      { type: 'tuning', mtu: 1300 },
    ],
  },
};

describe.skipIf(!able)(`chains of Go plugins and ours (need root, iptables and the Go plugins in ${goPlugins})`, () => {
  let machine: InstalledMachine;
  let executor: PluginExecutor;

  beforeAll(async () => {
    machine = await InstalledMachine.install(defaultNetwork(['10.73.0.0/24']));
    // Go plugins work on the network of the process that starts them.
    executor = {
      execute: ({ type, path, environment, stdin }) => machine.run([join(path[0] ?? '', type)], { environment, stdin }),
    };
  });
  afterAll(() => machine[Symbol.asyncDispose]());

  for (const [index, [title, { go, plugins }]] of Object.entries(chains).entries()) {
    it(`connects by ${title}, and leaves nothing`, async () => {
      const path = machine.path(`chain${index}`);
      mkdirSync(path);
      for (const type of ['bridge', 'host-local', 'portmap', 'bandwidth', 'tuning', 'firewall']) {
        symlinkSync(join(go.includes(type) ? goPlugins : machine.path('bin'), type), join(path, type));
      }
      const ipam = {
        type: 'host-local',
        dataDir: machine.leases,
        subnet: `10.73.${index}.0/24`,
        routes: [{ dst: '0.0.0.0/0' }],
      };
      const bridge = { bridge: `chain${index}`, isGateway: true, hairpinMode: true, ipam };
      const list = parseNetworkList(
        {
          cniVersion: '1.0.0',
          name: 'kubewright',
          plugins: plugins.map((one) => (one['type'] === 'bridge' ? { ...one, ...bridge } : one)),
        },
        'test',
      );
      const runner = new CniRunner({ executor, path: [path], cacheDirectory: machine.path('cache') });
      const pod = machine.pod();
      const attachment = {
        containerId: `c${index}`,
        netns: pod.path,
        ifName: 'eth0',
        capabilityArguments: { portMappings: ports },
      };

      const result = await runner.add(list, attachment);
      expect(result.ips).toMatchObject([{ address: `10.73.${index}.2/24`, gateway: `10.73.${index}.1` }]);
      expect(result.interfaces?.find(({ name }) => name === 'eth0')).toMatchObject({ sandbox: pod.path });
      expect((await machine.run(['ip', 'link', 'show', 'eth0'], { netns: pod.path })).stdout).toContain('mtu 1300');
      const server = createServer((socket) => socket.end('here'));
      pod.namespace.run(() => void server.listen(80));
      const ask = ['timeout', '2', 'bash', '-c', `exec 3<>/dev/tcp/10.73.${index}.1/8080 && cat <&3`];
      expect((await machine.run(ask)).stdout).toBe('here');
      server.close();

      await runner.del(list, attachment);
      await runner.del(list, attachment);
      expect(machine.given()).toEqual([]);
      expect(
        (await machine.tables.links()).map(({ kind }) => kind).filter((kind) => kind === 'veth' || kind === 'ifb'),
      ).toEqual([]);
      expect((await machine.run(ask)).stdout).toBe('');
    });
  }
});

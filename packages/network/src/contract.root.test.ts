import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privileged, TemporaryNamespace } from '@kubewright/linux/testing';
import { describeCniPluginContract } from '@kubewright/cni-sdk/testing';
import { describe, it } from 'vitest';
import { networkPlugins } from './daemon/network-plugins.js';
import { HostNetwork } from './host/host-network.js';

type Json = Readonly<Record<string, unknown>>;

interface Subject {
  readonly config: Json;
  readonly prevResult?: Json;
}

const chained = (sandbox: string): Json => ({
  cniVersion: '1.1.0',
  interfaces: [{ name: 'cni0' }, { name: 'eth0', sandbox }],
  ips: [{ address: '10.60.0.2/24', interface: 1 }],
});
const ranges = [[{ subnet: '10.60.0.0/24' }], [{ subnet: 'fd60::/64' }]];

const subjects: Readonly<Record<string, (directory: string, netns: string) => Subject>> = {
  bridge: (dataDir) => ({
    config: { isDefaultGateway: true, ipMasq: true, hairpinMode: true, ipam: { type: 'host-local', dataDir, ranges } },
  }),
  loopback: () => ({ config: {} }),
  'host-local': (dataDir) => ({ config: { ipam: { type: 'host-local', dataDir, ranges } } }),
  static: () => ({ config: { ipam: { type: 'static', addresses: [{ address: '10.60.0.2/24' }] } } }),
  ptp: (dataDir) => ({ config: { ipMasq: true, ipam: { type: 'host-local', dataDir, ranges } } }),
  firewall: (_, netns) => ({ config: { ingressPolicy: 'same-bridge' }, prevResult: chained(netns) }),
  portmap: (_, netns) => ({
    config: { runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }] } },
    prevResult: chained(netns),
  }),
};

describe.skipIf(!privileged())('plugins in namespaces of their own (needs root)', () => {
  for (const [type, subject] of Object.entries(subjects)) {
    describeCniPluginContract({ describe, it }, `the ${type} plugin`, async () => {
      const directory = mkdtempSync(join(tmpdir(), 'network-'));
      const machine = new TemporaryNamespace();
      const pod = new TemporaryNamespace();
      const host = new HostNetwork({ namespace: machine.path, stateDirectory: join(directory, 'state') });
      const plugins = networkPlugins(host);
      const plugin = plugins.find((one) => one.type === type);
      if (plugin === undefined) throw new Error(`there is no plugin '${type}'`);
      return {
        ...subject(join(directory, 'leases'), pod.path),
        plugin,
        others: plugins,
        netns: pod.path,
        dispose: async () => {
          await host.close();
          await pod[Symbol.asyncDispose]();
          await machine[Symbol.asyncDispose]();
          rmSync(directory, { recursive: true, force: true });
        },
      };
    });
  }
});

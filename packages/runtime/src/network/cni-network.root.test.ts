import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { silentLogger } from '@kubewright/core';
import { CniError, InProcessExecutor } from '@kubewright/cni-sdk';
import type { PluginExecutor } from '@kubewright/cni-sdk';
import { RecordingPlugin } from '@kubewright/cni-sdk/testing';
import { PodSandboxConfigSchema } from '@kubewright/cri-sdk/v1';
import { NetworkNamespace, removeNetworkNamespace } from '@kubewright/linux';
import { describe, expect, it } from 'vitest';
import { describePodNetworkContract } from '../testing/pod-network-contract.js';
import { CniNetwork } from './cni-network.js';

describe.skipIf(process.getuid?.() !== 0)('CniNetwork (needs root)', () => {
  describePodNetworkContract({ describe, it }, async () => {
    const home = await mkdtemp(join(tmpdir(), 'kw-cni-'));
    const netns = join(home, 'net');
    const list = { cniVersion: '1.0.0', name: 'test', plugins: [{ type: 'recording' }] };
    await writeFile(join(home, '10-test.conflist'), JSON.stringify(list));
    const none = { execute: () => Promise.reject(new Error('there is no other plugin')) };
    NetworkNamespace.create(netns).close();
    return {
      network: new CniNetwork({
        directory: home,
        executor: new InProcessExecutor([new RecordingPlugin()], none),
        path: [home],
        cacheDirectory: join(home, 'cache'),
        logger: silentLogger,
      }),
      pod: {
        id: 'a'.repeat(64),
        netns,
        config: create(PodSandboxConfigSchema, { metadata: { name: 'p', namespace: 'n', uid: 'u' } }),
      },
      [Symbol.asyncDispose]: async () => {
        await removeNetworkNamespace(netns);
        await rm(home, { recursive: true });
      },
    };
  });

  it('connects a pod with the first network, disconnects it as often as asked, and says when there is none', async () => {
    const home = await mkdtemp(join(tmpdir(), 'kw-cni-'));
    const directory = join(home, 'net.d');
    const netns = join(home, 'net');
    await mkdir(directory);
    const plugin = new RecordingPlugin();
    const none = { execute: () => Promise.reject(new Error('there is no other plugin')) };
    const executor = new InProcessExecutor([plugin], none);
    const network = new CniNetwork({
      directory,
      executor,
      path: ['/opt/cni/bin'],
      cacheDirectory: join(home, 'cache'),
      logger: silentLogger,
    });
    const config = create(PodSandboxConfigSchema, { metadata: { name: 'p', namespace: 'n', uid: 'u' } });
    const pod = { id: 'a'.repeat(64), netns, config };
    const { signal } = new AbortController();
    NetworkNamespace.create(netns).close();
    try {
      expect(await network.problem(signal)).toContain('KW_RUNTIME_NO_NETWORK');
      await expect(network.attach(pod, signal)).rejects.toThrow(/KW_RUNTIME_NO_NETWORK/);
      const list = { cniVersion: '1.0.0', name: 'test', plugins: [{ type: 'recording' }] };
      await writeFile(join(directory, '10-test.conflist'), JSON.stringify(list));
      expect(await network.problem(signal)).toBeUndefined();
      expect(await network.attach(pod, signal)).toEqual(['10.1.0.2']);
      await network.detach(pod, signal);
      await network.detach(pod, signal);
      expect(plugin.attached.size).toBe(0);
      await network.attach(pod, signal);
      const renamed = { cniVersion: '1.1.0', name: 'renamed', plugins: [{ type: 'recording' }] };
      await writeFile(join(directory, '10-test.conflist'), JSON.stringify(renamed));
      await network.detach(pod, signal);
      expect([plugin.attached.size, await readdir(join(home, 'cache/results'))]).toEqual([0, []]);
      plugin.fail.set('STATUS', CniError.notAvailable('the cable is out'));
      expect(await network.problem(signal)).toContain('the cable is out');
    } finally {
      await removeNetworkNamespace(netns);
      await rm(home, { recursive: true });
    }
  });

  it('gives a plugin what it declares of what the pod asks for, when it connects and when it disconnects', async () => {
    const home = await mkdtemp(join(tmpdir(), 'kw-cni-'));
    const netns = join(home, 'net');
    const asked: unknown[] = [];
    const warnings: unknown[] = [];
    const executor: PluginExecutor = {
      execute: async ({ environment, stdin }) => {
        asked.push([environment.CNI_COMMAND, (JSON.parse(stdin) as { runtimeConfig?: unknown }).runtimeConfig]);
        const stdout = JSON.stringify({ cniVersion: '1.0.0', ips: [{ address: '10.1.0.2/24' }] });
        return { stdout, stderr: '', exitCode: 0 };
      },
    };
    const network = new CniNetwork({
      directory: home,
      executor,
      path: [home],
      cacheDirectory: join(home, 'cache'),
      logger: { ...silentLogger, warn: (_message, fields) => void warnings.push(fields) },
    });
    const plugins = [{ type: 'limiting', capabilities: { bandwidth: true, dns: true } }];
    await writeFile(join(home, '10-test.conflist'), JSON.stringify({ cniVersion: '1.0.0', name: 'test', plugins }));
    await writeFile(join(home, 'limiting'), '', { mode: 0o755 });
    const config = create(PodSandboxConfigSchema, {
      metadata: { name: 'p', namespace: 'n', uid: 'u' },
      annotations: { 'kubernetes.io/egress-bandwidth': '10M' },
      dnsConfig: { servers: ['10.0.0.10'] },
      portMappings: [{ hostPort: 80, containerPort: 80 }],
    });
    const { signal } = new AbortController();
    NetworkNamespace.create(netns).close();
    try {
      const pod = { id: 'a'.repeat(64), netns, config };
      await network.attach(pod, signal);
      await network.detach(pod, signal);
      const given = {
        bandwidth: { egressRate: 10_000_000, egressBurst: 0xffffffff },
        dns: { servers: ['10.0.0.10'], searches: [], options: [] },
      };
      expect(asked).toEqual([
        ['ADD', given],
        ['DEL', given],
      ]);
      expect(warnings).toEqual([{ network: 'test', capabilities: ['portMappings'], pod: 'n/p' }]);
    } finally {
      await removeNetworkNamespace(netns);
      await rm(home, { recursive: true });
    }
  });
});

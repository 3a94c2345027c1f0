import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { PodSandboxConfigSchema } from '@kubewright/cri-sdk/v1';
import { NetworkNamespace, removeNetworkNamespace } from '@kubewright/linux';
import { describe, it } from 'vitest';
import { describePodNetworkContract } from '../testing/pod-network-contract.js';
import { LoopbackNetwork } from './loopback-network.js';

describe.skipIf(process.getuid?.() !== 0)('LoopbackNetwork (needs root)', () => {
  describePodNetworkContract({ describe, it }, async () => {
    const home = await mkdtemp(join(tmpdir(), 'kw-loopback-'));
    const netns = join(home, 'net');
    NetworkNamespace.create(netns).close();
    return {
      network: new LoopbackNetwork(),
      pod: { id: 'a'.repeat(64), netns, config: create(PodSandboxConfigSchema) },
      [Symbol.asyncDispose]: async () => {
        await removeNetworkNamespace(netns);
        await rm(home, { recursive: true });
      },
    };
  });
});

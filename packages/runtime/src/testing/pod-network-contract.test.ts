import { create } from '@bufbuild/protobuf';
import { PodSandboxConfigSchema } from '@kubewright/cri-sdk/v1';
import { describe, it } from 'vitest';
import type { PodAttachment, PodNetwork } from '../network/pod-network.js';
import { describePodNetworkContract } from './pod-network-contract.js';

/** A network of somebody else: two families, and a free address is given out again. */
class TwoFamilies implements PodNetwork {
  readonly name = 'two-families';
  readonly #hosts = new Map<number, string>();

  async attach({ id }: PodAttachment, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    let host = 2;
    while (this.#hosts.has(host)) host++;
    this.#hosts.set(host, id);
    return [`10.1.0.${host}`, `fd00::${host}`];
  }
  async detach({ id }: PodAttachment): Promise<void> {
    for (const [host, holder] of this.#hosts) if (holder === id) this.#hosts.delete(host);
  }
  async problem(): Promise<undefined> {
    return undefined;
  }
}

describePodNetworkContract({ describe, it }, async () => ({
  network: new TwoFamilies(),
  pod: { id: 'a'.repeat(64), netns: '/nowhere', config: create(PodSandboxConfigSchema) },
  [Symbol.asyncDispose]: async () => undefined,
}));

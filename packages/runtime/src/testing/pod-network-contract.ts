import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import type { TestRunner } from '@kubewright/core/testing';
import type { PodAttachment, PodNetwork } from '../network/pod-network.js';

/** A network that can connect pods, and a pod that it does not know yet. Disposed after each test. */
export interface PodNetworkSubject extends AsyncDisposable {
  readonly network: PodNetwork;
  readonly pod: PodAttachment;
}

/**
 * What every network of pods keeps to.
 *
 * @param factory - called for each test; the pod's network namespace exists where the network needs one.
 */
export function describePodNetworkContract(
  { describe, it }: TestRunner,
  factory: () => Promise<PodNetworkSubject>,
): void {
  const { signal } = new AbortController();
  describe('PodNetwork contract', () => {
    it('has a name and no problem, however often it is asked', async () => {
      await using subject = await factory();
      assert.notEqual(subject.network.name, '');
      assert.equal(await subject.network.problem(signal), undefined);
      assert.equal(await subject.network.problem(signal), undefined);
    });

    it('gives a pod addresses, each once', async () => {
      await using subject = await factory();
      const addresses = await subject.network.attach(subject.pod, signal);
      assert.ok(addresses.length > 0, 'a pod has a main address');
      for (const address of addresses) assert.notEqual(isIP(address), 0, `'${address}' is no address`);
      assert.equal(new Set(addresses).size, addresses.length);
      await subject.network.detach(subject.pod, signal);
    });

    it('disconnects a pod that was never connected', async () => {
      await using subject = await factory();
      await subject.network.detach(subject.pod, signal);
    });

    it('disconnects a pod several times, and connects it again after that', async () => {
      await using subject = await factory();
      await subject.network.attach(subject.pod, signal);
      await subject.network.detach(subject.pod, signal);
      await subject.network.detach(subject.pod, signal);
      assert.ok((await subject.network.attach(subject.pod, signal)).length > 0);
      await subject.network.detach(subject.pod, signal);
    });

    it('settles when the signal has aborted', async () => {
      await using subject = await factory();
      const gone = AbortSignal.abort(new Error('the asker left'));
      await Promise.allSettled([subject.network.problem(gone), subject.network.attach(subject.pod, gone)]);
      await subject.network.detach(subject.pod, signal);
    });
  });
}

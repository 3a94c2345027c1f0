import type { CniJson } from '@kubewright/cni-sdk';
import { deleteLink, limitRate, removeRateLimit } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestMachine } from './test-machine.js';
import type { PluginCallOptions } from './test-machine.js';

const flat = { ingressRate: 1_000_000, ingressBurst: 800_000, egressRate: 2_000_000, egressBurst: 900_000 };

describe.skipIf(!privileged())('the bandwidth plugin (needs root)', () => {
  let machine: TestMachine;
  let netns: string;
  let prevResult: CniJson;

  const options = (more: CniJson): PluginCallOptions => ({
    config: { cniVersion: '1.1.0', prevResult, ...more },
    netns,
  });
  const check = async (): Promise<string> => (await machine.call('bandwidth', 'CHECK', options(flat))).stdout;
  const linkOf = async (kind: string): Promise<number> => (await machine.tables.links({ kind }))[0]?.index ?? 0;

  beforeEach(async () => {
    machine = new TestMachine();
    netns = machine.pod().path;
    prevResult = await machine.succeed('bridge', 'ADD', { config: { cniVersion: '1.1.0' }, netns });
  });
  afterEach(() => machine[Symbol.asyncDispose]());

  it('notices that a limit is missing or another', async () => {
    await machine.succeed('bandwidth', 'ADD', options(flat));
    expect(await check()).toBe('');
    const [pair, device] = [await linkOf('veth'), await linkOf('ifb')];
    await machine.tables.run(removeRateLimit(pair));
    expect(await check()).toContain('what the pod receives is not limited to 1000000 bits');
    await machine.tables.run(limitRate(pair, { rate: flat.ingressRate, burst: flat.ingressBurst }));
    expect(await check()).toBe('');
    for (const changed of [
      { rate: 2_000_000, burst: 800_000 },
      { rate: 2_100_000, burst: 900_000 },
    ]) {
      await machine.tables.run(limitRate(device, changed));
      expect(await check()).toContain('what the pod sends is not limited to 2000000 bits');
    }
    await machine.tables.run(deleteLink(device));
    expect(await check()).toContain('is missing');
  });

  it("takes the configuration's own limits as they are, and the runtime's where there are none", async () => {
    const bandwidth = { ingressRate: 8_000_000, ingressBurst: 800_000, egressRate: 9_000_000, egressBurst: 900_000 };
    const { ingressRate: rate, ingressBurst: burst } = flat;
    await machine.succeed(
      'bandwidth',
      'ADD',
      options({ ingressRate: rate, ingressBurst: burst, runtimeConfig: { bandwidth } }),
    );
    expect(await machine.tables.isRateLimited(await linkOf('veth'), { rate, burst })).toBe(true);
    expect(await machine.tables.links({ kind: 'ifb' })).toEqual([]);
    await machine.succeed('bandwidth', 'DEL', options({}));
    await machine.succeed('bandwidth', 'ADD', options({ runtimeConfig: { bandwidth } }));
    const device = await linkOf('ifb');
    expect(await machine.tables.isRateLimited(device, { rate: 9_000_000, burst: 900_000 })).toBe(true);
  });
});

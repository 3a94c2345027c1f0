import { existsSync } from 'node:fs';
import type { CniJson } from '@kubewright/cni-sdk';
import { Nftables, readSysctl, Rtnetlink } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestMachine } from './test-machine.js';
import type { PluginCallOptions } from './test-machine.js';

describe.skipIf(!privileged())('chained plugins behind a bridge (need root)', () => {
  let machine: TestMachine;
  let pod: ReturnType<TestMachine['pod']>;
  let prevResult: CniJson;

  const options = (more: CniJson): PluginCallOptions => ({
    config: { cniVersion: '1.1.0', prevResult, ...more },
    netns: pod.path,
  });

  beforeEach(async () => {
    machine = new TestMachine();
    pod = machine.pod();
    const ipam = { type: 'host-local', dataDir: machine.leases, ranges: [[{ subnet: '10.66.0.0/24' }]] };
    prevResult = await machine.succeed('bridge', 'ADD', { config: { cniVersion: '1.1.0', ipam }, netns: pod.path });
  });
  afterEach(() => machine[Symbol.asyncDispose]());

  it('tuning changes parameters and the interface, and sets them back', async () => {
    const parameter = 'net/ipv4/conf/eth0/log_martians';
    await using tables = Rtnetlink.open(pod);
    const before = await tables.link('eth0');
    const mac = '0a:58:0a:42:00:09';
    const tuned = options({ mtu: 1300, mac, promisc: true, sysctl: { 'net.ipv4.conf.IFNAME.log_martians': '1' } });
    const result = await machine.succeed('tuning', 'ADD', tuned);
    expect(result['interfaces']).toContainEqual(expect.objectContaining({ name: 'eth0', mac, mtu: 1300 }));
    expect(await tables.link('eth0')).toMatchObject({ mtu: 1300, mac, promiscuous: true });
    expect(readSysctl(parameter, pod)).toBe('1');
    await machine.succeed('tuning', 'CHECK', tuned);
    await machine.succeed('tuning', 'DEL', tuned);
    expect(await tables.link('eth0')).toMatchObject({ mtu: before?.mtu, mac: before?.mac, promiscuous: false });
    expect(readSysctl(parameter, pod)).toBe('0');
    expect(await machine.call('tuning', 'CHECK', tuned)).toMatchObject({ exitCode: 1 });
  });

  it.each(['kernel.shmmax', 'net.ipv4.../../kernel/shmmax', 'net/../kernel/shmmax', 'net.nothing.here'])(
    'tuning refuses the parameter %s',
    async (name) => {
      const { stdout } = await machine.call('tuning', 'ADD', options({ sysctl: { [name]: '1' } }));
      expect(JSON.parse(stdout)).toMatchObject({ code: 7 });
    },
  );

  it('bandwidth limits both directions, and leaves nothing', async () => {
    const bandwidth = { ingressRate: 1_000_000, ingressBurst: 800_000, egressRate: 2_000_000, egressBurst: 800_000 };
    const limited = options({ runtimeConfig: { bandwidth } });
    const result = await machine.succeed('bandwidth', 'ADD', limited);
    expect(result['interfaces']).toHaveLength(4);
    await machine.succeed('bandwidth', 'CHECK', limited);
    if (existsSync('/usr/sbin/tc') || existsSync('/sbin/tc')) {
      const { stdout } = await machine.run(['tc', 'qdisc', 'show']);
      expect(stdout).toMatch(/tbf .*rate 1Mbit/);
      expect(stdout).toMatch(/tbf .*rate 2Mbit/);
    }
    await machine.succeed('bandwidth', 'GC', { config: { cniVersion: '1.1.0', 'cni.dev/valid-attachments': [] } });
    expect(await machine.tables.links({ kind: 'ifb' })).toEqual([]);
    await machine.succeed('bandwidth', 'DEL', limited);
    expect(await machine.call('bandwidth', 'CHECK', limited)).toMatchObject({ exitCode: 1 });
  });

  it('bridge and ptp leave the masquerade of an earlier plugin of the chain alone', async () => {
    const networks: Readonly<Record<string, string>> = { bridge: '10.67.0.0/24', ptp: '10.68.0.0/24' };
    await using filter = Nftables.open(machine.space);
    const table = { family: 'inet', name: 'kubewright-cni' } as const;
    const count = async (name: string): Promise<number> => (await filter.keys({ table, name })).length;
    const earlier = {
      name: 'earlier',
      ipMasq: true,
      ipam: { type: 'host-local', dataDir: machine.leases, subnet: '10.69.0.0/24' },
    };
    const first = { ...options(earlier), ifName: 'net1' };
    const made = await machine.succeed('ptp', 'ADD', first);
    for (const [type, subnet] of Object.entries(networks)) {
      const ipam = { type: 'host-local', dataDir: machine.leases, subnet };
      const later = {
        ...options({ ipMasq: true, name: type, bridge: 'cni9', ipam, prevResult: made }),
        ifName: `${type}0`,
      };
      const result = await machine.succeed(type, 'ADD', later);
      await machine.succeed(type, 'DEL', { ...later, config: { ...later.config, prevResult: result } });
      expect([
        await count('masquerade-0a450000-24'),
        await count(`masquerade-0a${type === 'bridge' ? 43 : 44}0000-24`),
      ]).toEqual([1, 0]);
    }
    await machine.succeed('ptp', 'DEL', first);
    expect(await count('masquerade-0a450000-24')).toBe(0);
  });

  it('bandwidth wants rate and burst together', async () => {
    const { stdout } = await machine.call('bandwidth', 'ADD', options({ ingressRate: 1000 }));
    expect(JSON.parse(stdout)).toMatchObject({ code: 7 });
    expect(await machine.succeed('bandwidth', 'ADD', options({}))).toEqual(prevResult);
  });
});

import { existsSync } from 'node:fs';
import type { Server } from 'node:net';
import type { CniJson } from '@kubewright/cni-sdk';
import { Nftables } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, serve } from './surroundings.js';
import { TestMachine } from './test-machine.js';

const table = { family: 'inet', name: 'kubewright-cni' } as const;

interface Pod {
  readonly netns: string;
  readonly address: string;
  readonly containerId: string;
  readonly config: CniJson;
}

describe.skipIf(!privileged())('the firewall (needs root)', () => {
  let machine: TestMachine;
  const servers: Server[] = [];

  /** Connects a pod that serves port 80. */
  const connect = async (containerId: string, bridge: string, subnet: string, more: CniJson): Promise<Pod> => {
    const pod = machine.pod();
    const common = { cniVersion: '1.1.0', name: bridge };
    const ipam = { type: 'host-local', dataDir: machine.leases, subnet, routes: [{ dst: '0.0.0.0/0' }] };
    const made = { ...common, bridge, isGateway: true, ipam };
    const prevResult = await machine.succeed('bridge', 'ADD', { config: made, containerId, netns: pod.path });
    const one = { netns: pod.path, containerId, config: { ...common, ...more, prevResult } };
    await machine.succeed('firewall', 'ADD', one);
    servers.push(await serve(pod.namespace, 80));
    const [ip] = prevResult['ips'] as readonly { readonly address: string }[];
    return { ...one, address: ip?.address.split('/')[0] ?? '' };
  };
  const release = (one: Pod): Promise<CniJson> => machine.succeed('firewall', 'DEL', one);
  const collect = (name: string, ...pods: readonly Pod[]): Promise<CniJson> => {
    const valid = pods.map(({ containerId }) => ({ containerID: containerId, ifname: 'eth0' }));
    return machine.succeed('firewall', 'GC', {
      config: { cniVersion: '1.1.0', name, 'cni.dev/valid-attachments': valid },
    });
  };
  const guarded = async (name = 'firewall-bridges'): Promise<string[]> => {
    await using filter = Nftables.open(machine.space);
    const keys = await filter.keys({ table, name }).catch(() => []);
    return keys.map((key) => String(key).replace(/\0.*/s, '')).toSorted();
  };

  beforeEach(() => {
    machine = new TestMachine();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await machine[Symbol.asyncDispose]();
  });

  it('keeps the pods of two bridges from each other, and nobody else', async () => {
    const policy = { ingressPolicy: 'same-bridge' };
    const one = await connect('one', 'br1', '10.71.1.0/24', policy);
    const near = await connect('near', 'br1', '10.71.1.0/24', policy);
    const two = await connect('two', 'br2', '10.71.2.0/24', policy);
    const open = await connect('open', 'br3', '10.71.3.0/24', {});
    const seen = [
      ask(machine, two.netns, one.address, 80),
      ask(machine, one.netns, two.address, 80),
      ask(machine, near.netns, one.address, 80),
      ask(machine, open.netns, one.address, 80),
      ask(machine, one.netns, open.address, 80),
    ];
    expect(await Promise.all(seen)).toEqual(['', '', near.address, open.address, one.address]);
    await release(two);
    expect(await ask(machine, two.netns, one.address, 80)).toBe(two.address);
  });

  it('guards a bridge of two networks until the last pod of both is gone', async () => {
    const one = await connect('one', 'br1', '10.71.1.0/24', { ingressPolicy: 'same-bridge' });
    const two = await connect('two', 'br1', '10.71.1.0/24', { name: 'second', ingressPolicy: 'same-bridge' });
    await release(one);
    expect([await guarded(), await guarded('firewall-same')]).toEqual([['br1'], ['br1']]);
    await machine.succeed('firewall', 'CHECK', two);
    await release(two);
    expect([await guarded(), await guarded('firewall-same')]).toEqual([[], []]);
  });

  it('guards a pair as long as it has its pod', async () => {
    const add = async (containerId: string): Promise<Pod> => {
      const netns = machine.pod().path;
      const common = { cniVersion: '1.1.0', name: 'pairs' };
      const ipam = { type: 'host-local', dataDir: machine.leases, subnet: '10.71.4.0/24' };
      const prevResult = await machine.succeed('ptp', 'ADD', { config: { ...common, ipam }, containerId, netns });
      const one = { netns, address: '', containerId, config: { ...common, ingressPolicy: 'isolated', prevResult } };
      await machine.succeed('firewall', 'ADD', one);
      return one;
    };
    const [one, two] = [await add('one'), await add('two')];
    const both = await guarded();
    expect(both).toHaveLength(2);
    await release(one);
    const left = await guarded();
    expect([left.length, both.includes(left[0] ?? '')]).toEqual([1, true]);
    await machine.succeed('firewall', 'CHECK', two);
    await release(two);
    expect(await guarded()).toEqual([]);
  });

  it('leaves no guard where the policy became open before the last pod went', async () => {
    const before = await connect('before', 'br1', '10.71.1.0/24', { ingressPolicy: 'same-bridge' });
    const after = await connect('after', 'br1', '10.71.1.0/24', { ingressPolicy: 'open' });
    await release(before);
    await release(after);
    expect([await guarded(), await guarded('firewall-same')]).toEqual([[], []]);
  });

  it('guards a bridge whose last pod goes while the next one comes', async () => {
    // It takes a while to see that nobody of these is of the bridge.
    const others = machine.host.attachments<unknown>('firewall', String);
    for (let index = 0; index < 400; index += 1) {
      const key = { network: `other${index % 5}`, containerId: `c${index}`, ifName: 'eth0' };
      others.put(key, { policy: 'open', bridge: 'elsewhere' });
    }
    for (let round = 0; round < 5; round += 1) {
      const more = { ingressPolicy: 'isolated', name: `round${round}` };
      const one = await connect(`one${round}`, 'br1', '10.71.1.0/24', more);
      const next = { ...one, containerId: `next${round}` };
      await Promise.all([release(one), machine.succeed('firewall', 'ADD', next)]);
      expect(await guarded()).toEqual(['br1']);
      await release(next);
      expect(await guarded()).toEqual([]);
    }
  });

  it.skipIf(!existsSync('/usr/sbin/nft'))('is what the attachments of all networks ask for after GC', async () => {
    const one = await connect('one', 'br1', '10.71.1.0/24', { ingressPolicy: 'isolated' });
    const two = await connect('two', 'br2', '10.71.2.0/24', { ingressPolicy: 'same-bridge' });
    await machine.run(['/usr/sbin/nft', 'flush', 'ruleset']);
    await collect('br1', one);
    expect([await guarded(), await guarded('firewall-same')]).toEqual([['br1', 'br2'], ['br2']]);
    expect(await ask(machine, two.netns, one.address, 80)).toBe('');
    await collect('br2');
    expect([await guarded(), await guarded('firewall-same')]).toEqual([['br1'], []]);
    // What nobody wrote down, as after a kill between both, belongs to nobody.
    await machine.run(['/usr/sbin/nft', 'add', 'element', 'inet', table.name, 'firewall-bridges', '{ "lost0" }']);
    await collect('br1', one);
    expect(await guarded()).toEqual(['br1']);
  });

  it.each([
    ['backend', 'iptables'],
    ['iptablesAdminChainName', 'CNI-ADMIN'],
    ['firewalldZone', 'trusted'],
  ])('refuses %s, which is for another packet filter', async (field, value) => {
    const config = { cniVersion: '1.1.0', name: 'refused', [field]: value, prevResult: { cniVersion: '1.1.0' } };
    const answer = await machine.call('firewall', 'ADD', { config, netns: machine.pod().path });
    expect(JSON.parse(answer.stdout)).toMatchObject({ code: 2, msg: expect.stringContaining(field) as unknown });
    await machine.succeed('firewall', 'DEL', { config });
  });
});

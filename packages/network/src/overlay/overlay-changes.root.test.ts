import { addAddress, deleteAddress, newLink, Nftables, readSysctl, setLink, writeSysctl } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestMachine } from '../testing/test-machine.js';
import { tunnelMac } from './plan.js';
import type { OverlayNode } from './plan.js';
import { VxlanOverlay } from './vxlan-overlay.js';

const device = 'kubewright.1';
const one: OverlayNode = { name: 'one', address: '198.51.100.1', podNetworks: ['10.64.1.0/24', 'fd64:1::/64'] };
const two: OverlayNode = { name: 'two', address: '198.51.100.2', podNetworks: ['10.64.2.0/24', 'fd64:2::/64'] };

describe.skipIf(!privileged())('the overlay of a machine as nodes change (needs root)', () => {
  let machine: TestMachine;
  let overlay: VxlanOverlay;

  const index = async (): Promise<number> => (await machine.tables.link(device))?.index ?? 0;
  const addresses = async (): Promise<string[]> => {
    const all = await machine.tables.addresses({ link: await index() });
    return all.flatMap(({ address, scope }) => (scope === 'global' ? [address] : [])).toSorted();
  };
  const routes = async (): Promise<string[]> => {
    const both = await Promise.all(([4, 6] as const).map((family) => machine.tables.routes({ family })));
    return both.flat().flatMap(({ destination, protocol }) => (protocol === 75 ? [destination] : []));
  };
  /** Where packets to a node's hardware address go. */
  const end = async (node: OverlayNode): Promise<(string | undefined)[]> => {
    const entries = await machine.tables.forwarding({ link: await index() });
    return entries.filter(({ mac }) => mac === tunnelMac(node.name)).map(({ destination }) => destination);
  };

  beforeEach(async () => {
    machine = new TestMachine();
    overlay = new VxlanOverlay(machine.host);
    await machine.tables.run(
      setLink('lo', { up: true }),
      newLink({ kind: 'bridge', name: 'up0', index: 800, up: true }),
      addAddress({ link: 800, address: `${one.address}/24` }),
    );
  });
  afterEach(() => machine[Symbol.asyncDispose]());

  it('gives its address up with its pod networks, so that another node can have them', async () => {
    expect((await overlay.apply(one, [one, two])).problems).toEqual([]);
    expect(await addresses()).toEqual(['10.64.1.0/32', 'fd64:1::/128']);
    const registered = { ...one, podNetworks: ['10.64.3.0/24'] };
    expect((await overlay.apply(registered, [registered, two])).problems).toEqual([]);
    expect(await addresses()).toEqual(['10.64.3.0/32']);
    const heir = { ...two, podNetworks: one.podNetworks };
    expect((await overlay.apply(registered, [registered, heir])).problems).toEqual([]);
    expect(await routes()).toEqual(one.podNetworks);
  });

  it('completes a device whose maker was killed', async () => {
    const settings = { kind: 'vxlan', name: device, id: 1, port: 8472, local: one.address, link: 800 } as const;
    await machine.tables.run(newLink({ ...settings, index: 801, mac: tunnelMac('one'), mtu: 1450 }));
    expect(readSysctl(`net/ipv6/conf/${device}/accept_dad`, machine.space)).not.toBe('0');
    expect(await overlay.apply(one, [one, two])).toEqual({ mtu: 1450, problems: [] });
    expect([await index(), (await machine.tables.link(device))?.up]).toEqual([801, true]);
    expect(await addresses()).toEqual(['10.64.1.0/32', 'fd64:1::/128']);
    expect(readSysctl(`net/ipv6/conf/${device}/accept_dad`, machine.space)).toBe('0');
    await machine.tables.run(deleteAddress({ link: 801, address: '10.64.1.0/32' }), setLink(801, { up: false }));
    await overlay.apply(one, [one, two]);
    expect(await addresses()).toEqual(['10.64.1.0/32', 'fd64:1::/128']);
    expect(await routes()).toEqual(two.podNetworks);
  });

  it('follows a node to another address, and its own', async () => {
    await overlay.apply(one, [one, two]);
    const moved = { ...two, address: '198.51.100.7', podNetworks: ['10.64.7.0/24'] };
    await overlay.apply(one, [one, moved]);
    expect([await end(two), await routes()]).toEqual([['198.51.100.7'], ['10.64.7.0/24']]);
    await machine.tables.run(addAddress({ link: 800, address: '198.51.100.9/24' }));
    const self = { ...one, address: '198.51.100.9' };
    await overlay.apply(self, [self, moved]);
    expect((await machine.tables.link(device))?.details).toMatchObject({ local: '198.51.100.9' });
    expect([await end(two), await addresses()]).toEqual([['198.51.100.7'], ['10.64.1.0/32', 'fd64:1::/128']]);
  });

  it('does all else where IPv6 is off, and tells what it could not do', async () => {
    writeSysctl({ 'net.ipv6.conf.all.disable_ipv6': 1, 'net.ipv6.conf.default.disable_ipv6': 1 }, machine.space);
    const { mtu, problems } = await overlay.apply(one, [one, two]);
    expect([mtu, await addresses(), await routes()]).toEqual([1450, ['10.64.1.0/32'], ['10.64.2.0/24']]);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]?.message).toMatch(/fd64/);
    await using filter = Nftables.open(machine.space);
    const chain = { table: { family: 'inet', name: 'kubewright-cni' }, name: 'overlay' } as const;
    expect((await filter.rules(chain)).map(({ comment }) => comment)).toContain(`10.64.1.0/24 not by ${device}`);
  });
});

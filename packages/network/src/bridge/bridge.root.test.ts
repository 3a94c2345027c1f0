import type { CniJson } from '@kubewright/cni-sdk';
import {
  addAddress,
  deleteLink,
  newLink,
  readSysctl,
  Rtnetlink,
  setLink,
  setNeighbour,
  writeSysctl,
} from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestMachine } from '../testing/test-machine.js';

describe.skipIf(!privileged())('the bridge plugin on a machine of its own (needs root)', () => {
  let machine: TestMachine;
  const network: CniJson = { cniVersion: '1.1.0', isGateway: true, ipMasq: true };
  const first = '10.77.0.2';

  beforeEach(() => void (machine = new TestMachine()));
  afterEach(() => machine[Symbol.asyncDispose]());

  const bridge = (verb: string, netns: string, containerId: string, more: CniJson = {}): Promise<CniJson> => {
    const ipam = { type: 'host-local', dataDir: machine.leases, subnet: '10.77.0.0/24' };
    return machine.succeed('bridge', verb, { config: { ...network, ipam, ...more }, netns, containerId });
  };
  /** The masqueraded addresses, as text. */
  const masqueraded = async (): Promise<string[]> => {
    const { stdout } = await machine.run(['/usr/sbin/nft', 'list', 'ruleset']);
    return [...(/elements = \{([^}]*)\}/.exec(stdout)?.[1]?.matchAll(/[\d.]+/g) ?? [])].map(([address]) => address);
  };
  const addresses = async (): Promise<string[]> => {
    const link = (await machine.tables.link('cni0'))?.index ?? 0;
    return (await machine.tables.addresses({ link, family: 4 })).map(({ address }) => address);
  };

  it('tells neighbours who has an address now', async () => {
    const [neighbour, pod] = [machine.pod(), machine.pod()];
    await bridge('ADD', neighbour.path, 'neighbour');
    await using tables = Rtnetlink.open(neighbour);
    const link = (await tables.link('eth0'))?.index ?? 0;
    const address = '10.77.0.3';
    await tables.run(setNeighbour({ link, address, mac: '0a:00:00:00:00:09', permanent: false }));
    const { interfaces } = await bridge('ADD', pod.path, 'pod');
    const { mac } = (interfaces as CniJson[])[2] ?? {};
    await expect
      .poll(async () => (await tables.neighbours({ link })).find((one) => one.address === address)?.mac)
      .toBe(mac);
  });

  it('finds a bridge that took the place of another', async () => {
    await bridge('ADD', machine.pod().path, 'before');
    await machine.tables.run(deleteLink('cni0'), newLink({ kind: 'ifb', name: 'other0' }));
    await bridge('ADD', machine.pod().path, 'after');
    expect(await addresses()).toEqual(['10.77.0.1/24']);
    const index = (await machine.tables.link('cni0'))?.index;
    expect((await machine.tables.links({ kind: 'veth' })).map(({ master }) => master)).toContain(index);
  });

  it('completes a bridge that a killed process had begun', async () => {
    await machine.tables.run(newLink({ kind: 'bridge', name: 'cni0', mac: '0a:00:00:00:00:01' }));
    await bridge('ADD', machine.pod().path, 'one');
    expect(await machine.tables.link('cni0')).toMatchObject({ up: true, mac: '0a:00:00:00:00:01' });
    expect(readSysctl('net/ipv6/conf/cni0/accept_dad', machine.space)).toBe('0');
  });

  it('replaces the address of another gateway, whatever becomes of the addresses after it', async () => {
    writeSysctl({ 'net.ipv4.conf.all.promote_secondaries': 0 }, machine.space);
    await machine.tables.run(
      newLink({ kind: 'bridge', name: 'cni0', index: 50 }),
      setLink(50, { up: true }),
      addAddress({ link: 50, address: '10.77.0.200/16' }),
    );
    const options = {
      config: { ...network, ipam: { type: 'host-local', dataDir: machine.leases, subnet: '10.77.0.0/24' } },
    };
    const refused = await machine.call('bridge', 'ADD', { ...options, netns: machine.pod().path });
    expect(refused.stdout).toContain('forceAddress');
    expect(await addresses()).toEqual(['10.77.0.200/16']);
    await bridge('ADD', machine.pod().path, 'one', { forceAddress: true });
    expect(await addresses()).toEqual(['10.77.0.1/24']);
  });

  it('leaves the pod that has an address now alone when the one before is released again', async () => {
    const ipam = {
      type: 'host-local',
      dataDir: machine.leases,
      ranges: [[{ subnet: '10.77.0.0/24', rangeEnd: first }]],
    };
    const prevResult = await bridge('ADD', machine.pod().path, 'before', { ipam });
    await bridge('DEL', '', 'before', { ipam, prevResult });
    await bridge('ADD', machine.pod().path, 'now', { ipam });
    await bridge('DEL', '', 'before', { ipam, prevResult });
    expect(await masqueraded()).toEqual([first]);
  });

  it('forgets what an attachment that nobody released left', async () => {
    const pod = machine.pod();
    await bridge('ADD', pod.path, 'one');
    await machine.tables.run(deleteLink((await machine.tables.links({ kind: 'veth' }))[0]?.index ?? 0));
    const ipam = { type: 'static', addresses: [{ address: '10.77.0.9/24' }] };
    await bridge('ADD', pod.path, 'one', { ipam });
    expect(await masqueraded()).toEqual(['10.77.0.9']);
  });

  it('masquerades running pods again when the packet filter was emptied', async () => {
    await bridge('ADD', machine.pod().path, 'one');
    await machine.run(['/usr/sbin/nft', 'flush', 'ruleset']);
    await bridge('GC', '', '', { 'cni.dev/valid-attachments': [{ containerID: 'one', ifname: 'eth0' }] });
    expect(await masqueraded()).toEqual([first]);
  });

  it('answers when IPv6 has found that nobody else has the address', async () => {
    const pod = machine.pod();
    const ipam = { type: 'host-local', dataDir: machine.leases, subnet: 'fd77::/64' };
    await bridge('ADD', pod.path, 'one', { enabledad: true, ipam });
    await using tables = Rtnetlink.open(pod);
    const found = (await tables.addresses({ family: 6 })).filter(({ address }) => address.startsWith('fd77'));
    expect(found).toMatchObject([{ tentative: false }]);
  });

  it('leaves an interface down for somebody else to set up', async () => {
    const pod = machine.pod();
    const { interfaces } = await bridge('ADD', pod.path, 'one', { disableContainerInterface: true, ipam: {} });
    expect(interfaces).toHaveLength(3);
    await using tables = Rtnetlink.open(pod);
    expect(await tables.link('eth0')).toMatchObject({ up: false });
  });

  it.each([
    [{ hairpinMode: true, promiscMode: true }, 7, 'hairpinMode'],
    [{ disableContainerInterface: true, ipam: { type: 'static' } }, 7, 'disableContainerInterface'],
    [{ macspoofchk: true }, 2, 'macspoofchk'],
  ])('refuses %o', async (fields, code, named) => {
    const { stdout } = await machine.call('bridge', 'ADD', {
      config: { ...network, ...fields },
      netns: machine.pod().path,
    });
    expect(JSON.parse(stdout)).toMatchObject({ code });
    expect(stdout).toContain(named);
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linuxErrors } from '../errors.js';
import { errnoName } from '../ffi/errno.js';
import { isRefusal } from '../netlink/message.js';
import { NetworkNamespace } from '../namespaces/network-namespace.js';
import { readSysctl, updateSysctl, writeSysctl } from '../sysctl/sysctl.js';
import { privileged, TemporaryNamespace } from '../testing/temporary-namespace.js';
import { addAddress, deleteAddress } from './address.js';
import { addBridgeVlans, setBridge, setBridgePort } from './bridge.js';
import { linkExists } from './link-exists.js';
import { LinkReaper } from './link-reaper.js';
import { addAlternativeNames, deleteLink, newLink, renameLink, setLink } from './link.js';
import { appendForwarding, deleteNeighbour, setForwarding, setNeighbour } from './neighbour.js';
import { limitRate, redirectIngress, removeRateLimit } from './queue.js';
import { addRoute, deleteRoute, replaceRoute } from './route.js';
import { addRule, deleteRule } from './rule.js';
import { Rtnetlink } from './rtnetlink.js';

describe.skipIf(!privileged())('rtnetlink in namespaces of its own (needs root)', () => {
  let host: TemporaryNamespace;
  let pod: TemporaryNamespace;
  let tables: Rtnetlink;
  let inside: Rtnetlink;

  beforeAll(() => {
    host = new TemporaryNamespace();
    pod = new TemporaryNamespace();
    tables = Rtnetlink.open({ namespace: host.namespace });
    inside = Rtnetlink.open({ namespace: pod.namespace });
  });

  afterAll(async () => {
    await tables.close();
    await inside.close();
    await host[Symbol.asyncDispose]();
    await pod[Symbol.asyncDispose]();
  });

  it('is in the new namespaces and the process is not', async () => {
    expect((await tables.links()).map(({ name }) => name)).toContain('lo');
    expect(host.namespace.identity).not.toBe(pod.namespace.identity);
    using own = NetworkNamespace.open('/proc/self/ns/net');
    expect(own.identity).not.toBe(host.namespace.identity);
  });

  it('comes back to where it was, also from a namespace within one', () => {
    using own = NetworkNamespace.open('/proc/self/ns/net');
    const here = (): string => {
      using namespace = NetworkNamespace.open('/proc/thread-self/ns/net');
      return namespace.identity;
    };
    const seen = host.namespace.run(() => [here(), pod.namespace.run(here), here()]);
    expect(seen).toEqual([host.namespace.identity, pod.namespace.identity, host.namespace.identity]);
    expect(here()).toBe(own.identity);
  });

  it('makes a bridge and a pair with its other end inside, in one go', async () => {
    await tables.run(
      newLink({ kind: 'bridge', name: 'br0', index: 100, up: true, stp: false, mac: '0a:00:00:00:00:fe' }),
      newLink({
        kind: 'veth',
        name: 'port0',
        index: 101,
        master: 100,
        peer: { name: 'eth0', index: 2, namespaceDescriptor: pod.namespace.descriptor },
      }),
      setLink(101, { up: true }),
      setBridgePort(101, { hairpin: true }),
      addAddress({ link: 100, address: '10.50.0.1/24' }),
    );
    await inside.run(
      setLink(2, { up: true }),
      addAddress({ link: 2, address: '10.50.0.2/24' }),
      addRoute({ destination: '0.0.0.0/0', gateway: '10.50.0.1' }),
    );
    const bridge = await tables.link('br0');
    expect(bridge).toMatchObject({
      index: 100,
      kind: 'bridge',
      up: true,
      mac: '0a:00:00:00:00:fe',
      details: { stp: false },
    });
    expect(await tables.links({ master: 100 })).toEqual([
      expect.objectContaining({ name: 'port0', kind: 'veth', peer: 2 }),
    ]);
    expect((await inside.addresses({ link: 2, family: 4 })).map(({ address }) => address)).toEqual(['10.50.0.2/24']);
    expect(await inside.routes({ family: 4, table: 254 })).toContainEqual(
      expect.objectContaining({ destination: '0.0.0.0/0', gateway: '10.50.0.1', link: 2 }),
    );
  });

  it('carries a connection from end to end, to a socket that Node opened inside', async () => {
    const server = createServer((socket) => socket.end('hello'));
    host.namespace.run(() => void server.listen(4000));
    const client = spawn('nsenter', [`--net=${pod.path}`, 'bash', '-c', 'cat </dev/tcp/10.50.0.1/4000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(await text(client.stdout)).toBe('hello');
    server.close();
  });

  it('looks at links in the exchange that changes them, and knows what is not there', async () => {
    const made = newLink({ kind: 'bridge', name: 'seen0' });
    const { answers, links } = await tables.settleAndShow([made, made], ['seen0', 'nothing0']);
    expect(answers.map(({ errno }) => errnoName(errno))).toEqual(['errno 0', 'EEXIST']);
    expect(links).toMatchObject([{ name: 'seen0', kind: 'bridge' }, undefined]);
    expect([linkExists('seen0', host), linkExists('seen0', pod), linkExists('nothing0', host)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(() => linkExists('../seen0', host)).toThrow(/kernel parameter/);
    await tables.run(deleteLink('seen0'));
    expect(linkExists('seen0', host)).toBe(false);
  });

  it('reads the flags of a link, and knows one that has another name or is gone', async () => {
    await tables.run(newLink({ kind: 'bridge', name: 'seen1', index: 120 }));
    expect(tables.linkFlags(120, 'seen1')).toEqual({ up: false, running: false, promiscuous: false });
    await tables.run(setLink(120, { up: true, promiscuous: true }));
    expect(tables.linkFlags(120, 'seen1')).toMatchObject({ up: true, promiscuous: true });
    expect([tables.linkFlags(120, 'seen'), tables.linkFlags(121, 'seen1'), inside.linkFlags(120, 'seen1')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await tables.run(deleteLink(120));
    expect(tables.linkFlags(120, 'seen1')).toBeUndefined();
  });

  it('has a link announce its addresses', async () => {
    await tables.run(newLink({ kind: 'ifb', name: 'seen2', index: 121 }), setLink(121, { arpNotify: true }));
    expect(readSysctl('net/ipv4/conf/seen2/arp_notify', host)).toBe('1');
    await tables.run(deleteLink(121));
  });

  it('writes kernel parameters that differ, and leaves out what this kernel lacks', () => {
    const name = 'net/ipv4/conf/lo/arp_notify';
    updateSysctl({ [name]: 1, 'net/ipv4/conf/lo/no_such_thing': 1 }, host);
    expect([readSysctl(name, host), readSysctl(name, pod)]).toEqual(['1', '0']);
  });

  it('lets VLANs pass a port', async (test) => {
    await tables.run(
      newLink({ kind: 'bridge', name: 'br1', index: 110 }),
      newLink({ kind: 'ifb', name: 'port1', index: 111, master: 110 }),
    );
    const [answer] = await tables.settle([setBridge(110, { vlanFiltering: true })]);
    test.skip(errnoName(answer?.errno ?? 0) === 'EOPNOTSUPP', 'this kernel has no VLAN filtering in its bridge');
    await tables.run(addBridgeVlans(111, [{ id: 10, lastId: 12 }]));
    expect((await tables.bridgeVlans()).find(({ index }) => index === 111)?.vlans).toContainEqual({
      id: 10,
      lastId: 12,
    });
  });

  it('refuses with the errno and the words of the kernel, and goes on with the batch', async () => {
    const again = newLink({ kind: 'bridge', name: 'br0' });
    await expect(tables.run(again)).rejects.toSatisfy((error) => isRefusal(error, 'EEXIST'));
    await expect(tables.run(addRoute({ destination: '10.60.0.0/16', gateway: '203.0.113.1' }))).rejects.toThrow(
      /ENETUNREACH, Nexthop has invalid gateway/,
    );
    await expect(tables.run(again, newLink({ kind: 'ifb', name: 'after' }))).rejects.toThrow(linuxErrors.NETLINK.code);
    expect(await tables.link('after')).toMatchObject({ kind: 'ifb' });
  });

  it('renames, gives further names, and finds a link by each', async () => {
    await tables.run(
      newLink({ kind: 'ifb', name: 'old', index: 120 }),
      renameLink(120, 'new'),
      addAlternativeNames(120, ['a-name-that-is-longer-than-fifteen']),
    );
    expect(await tables.link('a-name-that-is-longer-than-fifteen')).toMatchObject({
      name: 'new',
      alternativeNames: ['a-name-that-is-longer-than-fifteen'],
    });
    await tables.run(setLink('a-name-that-is-longer-than-fifteen', { mtu: 1400 }), deleteLink('new'));
    expect(await tables.link('new')).toBeUndefined();
  });

  it('writes the three entries of a vxlan overlay', async () => {
    await tables.run(
      newLink({ kind: 'ifb', name: 'under', index: 130, up: true }),
      addAddress({ link: 130, address: '192.0.2.1/24' }),
      newLink({
        kind: 'vxlan',
        name: 'vx1',
        index: 131,
        id: 1,
        port: 8472,
        local: '192.0.2.1',
        link: 130,
        mtu: 1450,
        up: true,
      }),
      setNeighbour({ link: 131, address: '10.2.1.0', mac: '0a:00:00:00:00:02' }),
      setForwarding({ link: 131, mac: '0a:00:00:00:00:02', destination: '192.0.2.2' }),
      appendForwarding({ link: 131, mac: '00:00:00:00:00:00', destination: '192.0.2.3' }),
      replaceRoute({ destination: '10.2.1.0/24', gateway: '10.2.1.0', link: 131, onlink: true }),
    );
    expect(await tables.neighbours({ link: 131 })).toContainEqual({
      link: 131,
      address: '10.2.1.0',
      mac: '0a:00:00:00:00:02',
      permanent: true,
    });
    expect(await tables.forwarding({ link: 131 })).toContainEqual(
      expect.objectContaining({ mac: '0a:00:00:00:00:02', destination: '192.0.2.2', owner: 'self' }),
    );
    expect(await tables.routes({ family: 4, link: 131 })).toContainEqual(
      expect.objectContaining({ destination: '10.2.1.0/24', gateway: '10.2.1.0', onlink: true }),
    );
    await tables.run(
      deleteRoute({ destination: '10.2.1.0/24' }),
      deleteNeighbour({ link: 131, address: '10.2.1.0' }),
      deleteLink('vx1'),
    );
  });

  it('limits both directions of a link', async () => {
    await tables.run(
      newLink({ kind: 'ifb', name: 'ifb9', index: 140, up: true }),
      newLink({ kind: 'ifb', name: 'limited', index: 141, up: true }),
      limitRate(141, { rate: 10_000_000, burst: 1_000_000 }),
      ...redirectIngress(141, 140),
      limitRate(140, { rate: 10_000_000, burst: 1_000_000 }),
    );
    const shown = spawnSync('nsenter', [`--net=${host.path}`, 'tc', 'qdisc', 'show', 'dev', 'limited'], {
      encoding: 'utf8',
    });
    expect(shown.stdout).toMatch(/tbf 1: root .*rate 10Mbit burst 12[45]\w*b/);
    const filter = spawnSync('nsenter', [`--net=${host.path}`, 'tc', 'filter', 'show', 'dev', 'limited', 'ingress'], {
      encoding: 'utf8',
    });
    expect(filter.stdout).toMatch(/Egress Redirect to device ifb9/);
    await tables.run(removeRateLimit(141));
  });

  it('adds and deletes rules and addresses of both families', async () => {
    await tables.run(
      addRule({ family: 4, table: 1000, priority: 512, source: '10.50.0.0/24', mark: 1 }),
      addRule({ family: 6, table: 100, priority: 512, destination: 'fd00::/64' }),
      deleteRule({ family: 6, table: 100, priority: 512, destination: 'fd00::/64' }),
      addAddress({ link: 100, address: 'fd00:50::1/64', noDuplicateDetection: true }),
    );
    expect((await tables.addresses({ link: 100, family: 6 })).map(({ address }) => address)).toContain('fd00:50::1/64');
    await tables.run(deleteAddress({ link: 100, address: 'fd00:50::1/64' }));
  });

  it('reads and writes the parameters of a namespace alone', () => {
    writeSysctl({ 'net.ipv4.ip_forward': 1 }, pod);
    expect(readSysctl('net.ipv4.ip_forward', pod)).toBe('1');
    writeSysctl({ 'net.ipv4.ip_forward': 0 }, pod);
    expect(readSysctl('net.ipv4.ip_forward', pod)).toBe('0');
    expect(readSysctl('net.ipv4.conf.none.forwarding', pod)).toBeUndefined();
  });

  it('reads a table longer than one receive', async () => {
    const routes = Array.from({ length: 1500 }, (_, index) =>
      addRoute({ destination: `10.${100 + (index >> 8)}.${index & 255}.0/24`, link: 100 }),
    );
    await tables.run(...routes);
    expect((await tables.routes({ family: 4, link: 100 })).length).toBeGreaterThanOrEqual(1500);
  });

  it('deletes forty links in far less time than one after the other would take', async () => {
    const indexes = Array.from({ length: 40 }, (_, index) => 200 + index);
    await tables.run(
      ...indexes.map((index) => newLink({ kind: 'veth', name: `v${index}`, index, peer: { name: `w${index}` } })),
    );
    const reaper = new LinkReaper(tables, 4242);
    expect(await Promise.all(indexes.map((index) => reaper.delete(index)))).toEqual(indexes.map(() => true));
    expect(await tables.link('v200')).toBeUndefined();
    expect(await reaper.delete(200)).toBe(false);
  });

  it('says what a path without a namespace is', () => {
    expect(() => NetworkNamespace.open('/nowhere')).toThrow(/no network namespace at '\/nowhere' \(ENOENT\)/);
    expect(() => NetworkNamespace.open('/etc/hostname')).toThrow(/not a namespace/);
  });
});

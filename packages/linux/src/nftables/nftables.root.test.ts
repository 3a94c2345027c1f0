import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRefusal } from '../netlink/message.js';
import { privileged, TemporaryNamespace } from '../testing/temporary-namespace.js';
import {
  addChain,
  addElements,
  addNftRule,
  addSet,
  addTable,
  deleteElements,
  deleteNftRule,
  deleteTable,
  flushChain,
  flushSet,
} from './changes.js';
import type { NftChain, NftSet } from './changes.js';
import { action, match } from './expressions.js';
import { Nftables } from './nftables.js';

const tool = '/usr/sbin/nft';

describe.skipIf(!privileged())('nftables in a namespace of its own (needs root)', () => {
  const table = { family: 'inet', name: 'kw-test' } as const;
  const postrouting: NftChain = { table, name: 'postrouting', hook: { type: 'nat', at: 'postrouting', priority: 100 } };
  const prerouting: NftChain = { table, name: 'prerouting', hook: { type: 'nat', at: 'prerouting', priority: -100 } };
  const forward: NftChain = {
    table,
    name: 'forward',
    hook: { type: 'filter', at: 'forward', priority: 0, policy: 'drop' },
  };
  const service: NftChain = { table, name: 'service' };
  const backend: NftChain = { table, name: 'backend' };
  const pods: NftSet = { table, name: 'pods', key: ['ipv4'] };
  const networks: NftSet = { table, name: 'networks', key: ['ipv4'], interval: true };
  const ports: NftSet = { table, name: 'ports', key: ['protocol', 'port'], data: ['ipv4', 'port'] };
  const services: NftSet = { table, name: 'services', key: ['ipv4', 'protocol', 'port'], data: 'verdict' };
  const backends: NftSet = { table, name: 'backends', key: ['mark'], data: 'verdict' };
  const policies: NftSet = { table, name: 'policies', key: ['ipv4', 'ipv4', 'port'], interval: true };
  let space: TemporaryNamespace;
  let filter: Nftables;

  beforeAll(() => {
    space = new TemporaryNamespace();
    filter = Nftables.open(space);
  });

  afterAll(async () => {
    await filter.close();
    await space[Symbol.asyncDispose]();
  });

  it('makes tables, chains, sets, maps and rules of every kind in one transaction', async () => {
    await filter.commit(
      addTable(table),
      ...[postrouting, prerouting, forward, service, backend].map(addChain),
      ...[pods, networks, ports, services, backends, policies].map(addSet),
      ...addElements(pods, [{ key: ['10.1.0.2'] }, { key: ['10.1.0.3'] }]),
      ...addElements(networks, [{ key: ['10.1.0.0/16'] }, { key: ['192.0.2.7'] }, { key: ['255.0.0.0/8'] }]),
      ...addElements(ports, [{ key: ['tcp', 8080], data: ['10.1.0.2', 80] }]),
      ...addElements(services, [{ key: ['10.96.0.1', 'tcp', 443], data: { goto: 'service' } }]),
      ...addElements(backends, [
        { key: [0], data: 'accept' },
        { key: [1], data: { jump: 'backend' } },
      ]),
      ...addElements(policies, [{ key: ['10.1.0.0/24', '10.1.1.0-10.1.1.9', '80-90'] }]),
      addNftRule({
        chain: postrouting,
        comment: 'leaves the network',
        expressions: [
          ...match.inSet('pods', ['sourceV4']),
          ...match.inSet('networks', ['destinationV4'], { not: true }),
          ...action.masquerade(),
        ],
      }),
      addNftRule({
        chain: prerouting,
        expressions: [
          ...match.family(4),
          ...match.localDestination(),
          ...action.destinationNatFromMap('ports', ['protocol', 'destinationPort'], { family: 4, withPort: true }),
        ],
      }),
      addNftRule({
        chain: prerouting,
        expressions: action.verdictFromMap('services', ['destinationV4', 'protocol', 'destinationPort']),
      }),
      addNftRule({
        chain: forward,
        expressions: [...match.connectionState('established', 'related'), ...action.verdict('accept')],
      }),
      addNftRule({
        chain: forward,
        expressions: [
          ...match.inSet('policies', ['sourceV4', 'destinationV4', 'destinationPort']),
          ...action.verdict('accept'),
        ],
      }),
      addNftRule({
        chain: forward,
        expressions: [
          ...match.incomingInterface('veth*'),
          ...match.outgoingInterface('eth0', { not: true }),
          ...match.source('fd00::/64'),
          ...action.counter(),
          ...action.verdict('drop'),
        ],
      }),
      addNftRule({
        chain: forward,
        expressions: [
          ...match.protocol('udp'),
          ...match.destinationPort(53),
          ...action.setMark(0x4000, 0x4000),
          ...match.mark(0x4000, 0x4000),
          ...action.reject(),
        ],
      }),
      addNftRule({
        chain: backend,
        expressions: [...match.protocol('tcp'), ...action.destinationNat('10.1.0.9', 6443)],
      }),
      addNftRule({ chain: service, expressions: action.randomVerdict('backends', 2) }),
    );
    expect(await filter.tables('inet')).toEqual(['kw-test']);
    expect((await filter.keys(pods)).map((key) => [...key])).toEqual(
      expect.arrayContaining([
        [10, 1, 0, 2],
        [10, 1, 0, 3],
      ]),
    );
  });

  it.skipIf(!existsSync(tool))('is what the nft tool reads (needs nft)', () => {
    const { stdout } = spawnSync('nsenter', [`--net=${space.path}`, tool, 'list', 'ruleset'], { encoding: 'utf8' });
    const lines = new Set(stdout.split('\n').map((line) => line.trim()));
    for (const expected of [
      'type nat hook postrouting priority srcnat; policy accept;',
      'type filter hook forward priority filter; policy drop;',
      'elements = { 10.1.0.0/16, 192.0.2.7,',
      '255.0.0.0/8 }',
      'elements = { tcp . 8080 : 10.1.0.2 . 80 }',
      'elements = { 10.96.0.1 . tcp . 443 : goto service }',
      'elements = { 10.1.0.0/24 . 10.1.1.0-10.1.1.9 . 80-90 }',
      'ip daddr . meta l4proto . th dport vmap @services',
      'ct state established,related accept',
      'ip saddr . ip daddr . th dport @policies accept',
      'iifname "veth*" oifname != "eth0" ip6 saddr fd00::/64 counter packets 0 bytes 0 drop',
      'udp dport 53 meta mark set meta mark | 0x00004000 meta mark & 0x00004000 == 0x00004000 reject',
      'numgen random mod 2 vmap @backends',
      'meta l4proto tcp dnat ip to 10.1.0.9:6443',
    ]) {
      expect([...lines]).toContain(expected);
    }
    expect(stdout).toMatch(/ip saddr @pods .*ip daddr != @networks masquerade comment "leaves the network"/);
    expect(stdout).toMatch(/fib daddr type local dnat ip to meta l4proto . th dport map @ports/);
  });

  it('changes all or nothing', async () => {
    const changes = [...addElements(pods, [{ key: ['10.1.0.9'] }]), ...deleteElements(pods, [{ key: ['10.9.9.9'] }])];
    await expect(filter.commit(...changes)).rejects.toSatisfy((error) => isRefusal(error, 'ENOENT'));
    expect(await filter.keys(pods)).toHaveLength(2);
  });

  it('finds rules by their comment and deletes them', async () => {
    const [rule] = await filter.rules(postrouting);
    expect(rule?.comment).toBe('leaves the network');
    await filter.commit(deleteNftRule(postrouting, rule?.handle ?? 0n), flushChain(forward), flushSet(networks));
    expect([await filter.rules(postrouting), await filter.rules(forward), await filter.keys(networks)]).toEqual([
      [],
      [],
      [],
    ]);
  });

  it('takes thousands of elements at once', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({ key: [`10.200.${index >> 8}.${index & 255}`] }));
    await filter.commit(...addElements(pods, many));
    expect(await filter.keys(pods)).toHaveLength(5002);
    await filter.commit(addTable(table), deleteTable(table));
    expect(await filter.tables('inet')).toEqual([]);
  });
});

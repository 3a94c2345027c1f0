import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InProcessExecutor, ProcessExecutor } from '@kubewright/cni-sdk';
import type { CniPlugin, CniJson } from '@kubewright/cni-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeOverlayConfig } from '../overlay/overlay-config.js';
import { ClusterLocalPlugin } from './cluster-local-plugin.js';
import { HostLocalPlugin } from './host-local-plugin.js';

describe.skipIf(process.platform !== 'linux')('address plugins (need Linux)', () => {
  let directory: string;
  let plugins: CniPlugin[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ipam-'));
    plugins = [new HostLocalPlugin(), new ClusterLocalPlugin(join(directory, 'pod-network.json'))];
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const call = async (
    verb: string,
    ipam: CniJson,
    more: { id?: string; args?: string; config?: CniJson } = {},
  ): Promise<CniJson> => {
    const type = ipam['type'] === 'cluster-local' ? 'cluster-local' : 'host-local';
    const environment = {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: more.id ?? 'c1',
      CNI_NETNS: '/nowhere',
      CNI_IFNAME: 'eth0',
      CNI_PATH: '/nowhere',
      CNI_ARGS: more.args ?? '',
    };
    const config = { cniVersion: '1.1.0', name: 'n', type, ipam: { dataDir: directory, ...ipam }, ...more.config };
    const executor = new InProcessExecutor(plugins, new ProcessExecutor());
    const { stdout } = await executor.execute({ type, path: [], environment, stdin: JSON.stringify(config) });
    return stdout === '' ? {} : (JSON.parse(stdout) as CniJson);
  };
  const ranges = [[{ subnet: '10.1.0.0/29' }], [{ subnet: 'fd01::/64' }]];

  it('gives an address of each set, with routes and the resolver', async () => {
    writeFileSync(
      join(directory, 'resolv.conf'),
      '# test\nnameserver 192.0.2.53\nsearch a.test b.test\noptions ndots:2\n',
    );
    const routes = [
      { dst: '0.0.0.0/0', mtu: 1400 },
      { dst: '::/0', gw: 'fd01::9' },
    ];
    expect(await call('ADD', { ranges, routes, resolvConf: join(directory, 'resolv.conf') })).toEqual({
      cniVersion: '1.1.0',
      ips: [
        { address: '10.1.0.2/29', gateway: '10.1.0.1' },
        { address: 'fd01::2/64', gateway: 'fd01::1' },
      ],
      routes,
      dns: { nameservers: ['192.0.2.53'], search: ['a.test', 'b.test'], options: ['ndots:2'] },
    });
  });

  it('takes the old form, and the ranges of the runtime', async () => {
    const one = await call('ADD', { subnet: '10.2.0.0/24', rangeStart: '10.2.0.50' });
    expect(one['ips']).toEqual([{ address: '10.2.0.50/24', gateway: '10.2.0.1' }]);
    const config = { runtimeConfig: { ipRanges: [[{ subnet: '10.3.0.0/24' }]] } };
    expect((await call('ADD', {}, { id: 'c2', config }))['ips']).toEqual([
      { address: '10.3.0.2/24', gateway: '10.3.0.1' },
    ]);
  });

  it('gives the address that was asked for, in each of the ways', async () => {
    const asked = [
      { id: 'a', args: 'IP=10.1.0.5' },
      { id: 'b', config: { runtimeConfig: { ips: ['10.1.0.6/29'] } } },
      { id: 'c', config: { args: { cni: { ips: ['fd01::77'] } } } },
    ];
    const given = [];
    for (const one of asked) given.push(...((await call('ADD', { ranges }, one))['ips'] as { address: string }[]));
    const addresses = given.map(({ address }) => address);
    expect(addresses).toEqual(expect.arrayContaining(['10.1.0.5/29', '10.1.0.6/29', 'fd01::77/64']));
    expect((await call('ADD', { ranges }, { id: 'd', args: 'IP=10.1.0.5' }))['msg']).toContain('10.1.0.5 is taken');
    expect((await call('ADD', { ranges }, { id: 'd', args: 'IP=10.1.0.1' }))['msg']).toContain("is the gateway's");
    expect((await call('ADD', { ranges }, { id: 'd', args: 'IP=10.9.0.1' }))['msg']).toContain(
      'lies in none of the ranges',
    );
  });

  it('refuses a second address, and says when all are taken; what failed keeps nothing', async () => {
    const small = { ranges: [[{ subnet: '10.1.0.0/30' }], [{ subnet: 'fd01::/64' }]] };
    await call('ADD', small);
    expect((await call('ADD', small))['msg']).toContain("container 'c1' has 10.1.0.2, fd01::2 on 'eth0' already");
    const before = readdirSync(join(directory, 'n'));
    expect((await call('ADD', { ranges: small.ranges.toReversed() }, { id: 'c2' }))['msg']).toContain('are taken');
    expect(readdirSync(join(directory, 'n')).length - before.length).toBeLessThanOrEqual(1);
    expect(readdirSync(join(directory, 'n'))).not.toContain('fd01::3');
  });

  it.each([
    [{}, 'must have at least one range'],
    [{ ranges: [[]] }, 'must have at least one range'],
    [{ ranges: 'all' }, 'ipam.ranges must be a list'],
    [{ ranges: [[{ subnet: '10.0.0.0/8' }, { subnet: 'fd00::/64' }]] }, 'mixes IPv4 and IPv6'],
    [{ ranges: [[{ subnet: '10.0.0.0/8' }], [{ subnet: '10.1.0.0/16' }]] }, 'which overlap'],
    [{ ranges, routes: [{ dst: '10.0.0.0' }] }, 'ipam.routes[0].dst must be a network'],
    [{ ranges, routes: [{ dst: '::/0', gw: 'x' }] }, 'ipam.routes[0].gw is wrong'],
  ])('refuses %j', async (ipam, problem) => {
    const answer = await call('ADD', ipam);
    expect(answer['code']).toBe(7);
    expect(answer['msg']).toContain(problem);
  });

  it('gives addresses of the cluster once it knows them, with routes that fit the tunnel', async () => {
    const ipam = { type: 'cluster-local' };
    expect(await call('STATUS', ipam)).toMatchObject({ code: 50 });
    expect(await call('ADD', ipam)).toMatchObject({ code: 11 });
    expect(await call('DEL', ipam)).toEqual({});
    writeOverlayConfig(join(directory, 'pod-network.json'), { podNetworks: ['10.5.1.0/24'], mtu: 1450 });
    expect(await call('ADD', ipam)).toMatchObject({
      ips: [{ address: '10.5.1.2/24', gateway: '10.5.1.1' }],
      routes: [{ dst: '0.0.0.0/0', mtu: 1450 }],
    });
  });
});

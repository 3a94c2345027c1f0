import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CniJson } from '@kubewright/cni-sdk';
import { routeTable, Rtnetlink } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { describe, expect, it } from 'vitest';
import { TestMachine } from './test-machine.js';
import type { PluginCallOptions } from './test-machine.js';

const goPlugins = '/usr/lib/cni';
const able = privileged() && existsSync(join(goPlugins, 'bridge')) && existsSync(join(goPlugins, 'host-local'));

const v4 = [{ subnet: '10.61.0.0/24', rangeStart: '10.61.0.10', rangeEnd: '10.61.0.20' }];
const v6 = [{ subnet: 'fd61::/64' }];
const families = { IPv4: [v4], IPv6: [v6], 'dual stack': [v4, v6] } as const;
const routes = { IPv4: ['0.0.0.0/0'], IPv6: ['::/0'], 'dual stack': ['0.0.0.0/0', '::/0'] } as const;

type Side = 'ours' | 'go';

/** Runs one side's plugin on a machine of its own. */
function call(
  machine: TestMachine,
  side: Side,
  type: string,
  verb: string,
  options: PluginCallOptions,
): Promise<CniJson> {
  return side === 'ours'
    ? machine.succeed(type, verb, options)
    : machine.succeedForeign(goPlugins, type, verb, options);
}

/** What a pod's network looks like, without what differs between any two pods. */
async function podState(netns: Parameters<typeof Rtnetlink.open>[0]): Promise<unknown> {
  await using pod = Rtnetlink.open(netns);
  const link = await pod.link('eth0');
  if (link === undefined) return 'no interface';
  const addresses = (await pod.addresses({ link: link.index })).filter(({ scope }) => scope === 'global');
  const routesOf = async (family: 4 | 6): Promise<string[]> =>
    (await pod.routes({ family }))
      .filter(({ destination, table }) => table === routeTable.main && !destination.startsWith('fe80'))
      .map(({ destination, gateway, scope, preferredSource }) =>
        [destination, gateway, family === 4 ? scope : '', preferredSource].join(' '),
      );
  return {
    link: { kind: link.kind, up: link.up, mtu: link.mtu },
    addresses: addresses.map(({ address }) => address).toSorted(),
    routes: [...(await routesOf(4)), ...(await routesOf(6))].toSorted(),
  };
}

async function machineState({ tables }: TestMachine): Promise<unknown> {
  const links = (await tables.links()).filter(({ kind }) => kind === 'bridge' || kind === 'veth');
  const addresses = await tables.addresses();
  return links
    .map(({ index, kind, up, master, mtu, promiscuous }) => ({
      kind,
      up,
      mtu,
      promiscuous,
      isPort: master !== undefined,
      addresses: addresses
        .filter(({ link, scope }) => link === index && scope === 'global')
        .map(({ address }) => address)
        .toSorted(),
    }))
    .toSorted((a, b) => String(a.kind).localeCompare(String(b.kind)));
}

/** A result without hardware addresses, names of pairs and paths. */
function shape(result: CniJson): unknown {
  const interfaces = (result['interfaces'] ?? []) as readonly Record<string, unknown>[];
  // Go writes an empty object where there is nothing to say.
  const { dns: _empty, ...rest } = result;
  return {
    ...rest,
    interfaces: interfaces.map(({ name, sandbox }) => [
      String(name).replace(/^veth.*/, 'veth'),
      sandbox === undefined ? 'machine' : 'pod',
    ]),
  };
}

function leaseFiles({ leases }: TestMachine): Record<string, string> {
  const directory = join(leases, 'test-net');
  const names = readdirSync(directory).toSorted();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

describe.skipIf(!able)('our plugins beside the Go plugins (needs root and the Go plugins in /usr/lib/cni)', () => {
  for (const [title, ranges] of Object.entries(families)) {
    const dst = routes[title as keyof typeof routes].map((one) => ({ dst: one }));
    const kinds: Record<string, CniJson> = {
      bridge: { bridge: 'cni-test', isGateway: true, hairpinMode: true, mtu: 1400 },
      ptp: {},
    };
    for (const [type, more] of Object.entries(kinds)) {
      it(`${type} makes the same of a pod, a machine, a result and a lease with ${title}`, async () => {
        const seen = await Promise.all(
          (['ours', 'go'] as const).map(async (side) => {
            await using machine = new TestMachine();
            const pod = machine.pod();
            const ipam = { type: 'host-local', dataDir: machine.leases, ranges, routes: dst };
            const options = { config: { ...more, ipam }, netns: pod.path };
            const result = await call(machine, side, type, 'ADD', options);
            const connected = {
              result: shape(result),
              pod: await podState(pod),
              machine: await machineState(machine),
              leases: leaseFiles(machine),
            };
            await call(machine, side, type, 'CHECK', { ...options, config: { ...options.config, prevResult: result } });
            await call(machine, side, type, 'DEL', options);
            return {
              connected,
              pod: await podState(pod),
              machine: await machineState(machine),
              leases: leaseFiles(machine),
            };
          }),
        );
        expect(seen[0]).toEqual(seen[1]);
      });
    }

    it.each([
      ['ours', 'go'],
      ['go', 'ours'],
    ] as const)(`what %s connects with ${title}, %s disconnects`, async (first, second) => {
      await using machine = new TestMachine();
      const pod = machine.pod();
      const ipam = { type: 'host-local', dataDir: machine.leases, ranges, routes: dst };
      const options = { config: { bridge: 'cni-test', isGateway: true, ipam }, netns: pod.path };
      const one = await call(machine, first, 'bridge', 'ADD', options);
      // The next address comes from the other side, which must see the lease of the first.
      const other = { ...options, netns: machine.pod().path, containerId: 'other' };
      const two = await call(machine, second, 'bridge', 'ADD', other);
      expect(one['ips']).not.toEqual(two['ips']);
      await call(machine, second, 'bridge', 'DEL', options);
      await call(machine, first, 'bridge', 'DEL', other);
      expect(await podState(pod)).toBe('no interface');
      expect((await machine.tables.links()).filter(({ kind }) => kind === 'veth')).toEqual([]);
      expect(Object.keys(leaseFiles(machine)).filter((name) => /^[0-9a-f]+[.:]/.test(name))).toEqual([]);
    });
  }

  it('loopback says the same', async () => {
    await using machine = new TestMachine();
    const run = async (side: Side): Promise<unknown> =>
      shape(await call(machine, side, 'loopback', 'ADD', { config: {}, netns: machine.pod().path, ifName: 'lo' }));
    expect(await run('ours')).toEqual(await run('go'));
  });
});

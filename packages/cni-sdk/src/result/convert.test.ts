import { describe, expect, it } from 'vitest';
import { CniError } from '../errors.js';
import { cniVersions } from '../version/version.js';
import { decodeResult } from './decode.js';
import { encodeResult } from './encode.js';
import type { CniResult } from './result.js';

const full: CniResult = {
  interfaces: [
    {
      name: 'eth0',
      mac: '0a:00:00:00:00:01',
      mtu: 1450,
      sandbox: '/run/netns/a',
      socketPath: '/s',
      pciID: '0000:00:01.0',
    },
  ],
  ips: [
    { address: '10.1.0.2/24', gateway: '10.1.0.1', interface: 0 },
    { address: '10.1.0.3/24', interface: 0 },
    { address: 'fd00::2/64', gateway: 'fd00::1', interface: 0 },
  ],
  routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.1', mtu: 1400 }, { dst: '::/0' }],
  dns: { nameservers: ['10.1.0.1'], search: [] },
};

describe('encodeResult', () => {
  it('says everything in 1.0.0 and 1.1.0, and only the version differs', () => {
    const newest = encodeResult(full, '1.1.0');
    expect(newest).toEqual({ cniVersion: '1.1.0', ...full, dns: { nameservers: ['10.1.0.1'] } });
    expect(encodeResult(full, '1.0.0')).toEqual({ ...newest, cniVersion: '1.0.0' });
  });

  it.each(['0.3.0', '0.3.1', '0.4.0'] as const)(
    'gives addresses a version and takes new fields from interfaces in %s',
    (version) => {
      const body = encodeResult(full, version);
      expect(body['interfaces']).toEqual([{ name: 'eth0', mac: '0a:00:00:00:00:01', sandbox: '/run/netns/a' }]);
      expect(body['ips']).toEqual([
        { version: '4', address: '10.1.0.2/24', gateway: '10.1.0.1', interface: 0 },
        { version: '4', address: '10.1.0.3/24', interface: 0 },
        { version: '6', address: 'fd00::2/64', gateway: 'fd00::1', interface: 0 },
      ]);
    },
  );

  it.each(['0.1.0', '0.2.0'] as const)('keeps the first address of each family in %s', (version) => {
    expect(encodeResult(full, version)).toEqual({
      cniVersion: version,
      ip4: { ip: '10.1.0.2/24', gateway: '10.1.0.1', routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }] },
      ip6: { ip: 'fd00::2/64', gateway: 'fd00::1', routes: [{ dst: '::/0' }] },
      dns: { nameservers: ['10.1.0.1'] },
    });
  });

  it('cannot say a result without addresses in 0.2.0', () => {
    expect(() => encodeResult({ interfaces: [{ name: 'lo' }] }, '0.2.0')).toThrow(/no valid IP addresses/);
  });

  it('leaves out what is empty', () => {
    expect(encodeResult({ interfaces: [], ips: [], routes: [], dns: {} }, '1.1.0')).toEqual({ cniVersion: '1.1.0' });
  });
});

describe('decodeResult', () => {
  it('reads back each version as far as the version can say it', () => {
    for (const version of cniVersions) {
      const once = decodeResult(encodeResult(full, version), version);
      expect(decodeResult(encodeResult(once, version), version)).toEqual(once);
    }
    expect(decodeResult(encodeResult(full, '1.1.0'), '1.1.0')).toEqual({ ...full, dns: { nameservers: ['10.1.0.1'] } });
  });

  it('flattens the routes of 0.2.0', () => {
    const old = { ip4: { ip: '10.0.0.2/24', routes: [{ dst: '0.0.0.0/0' }] }, ip6: null };
    expect(decodeResult(old, '0.2.0')).toEqual({ ips: [{ address: '10.0.0.2/24' }], routes: [{ dst: '0.0.0.0/0' }] });
  });

  it('takes a version of its own before the assumed one, and null for nothing', () => {
    const body = {
      cniVersion: '0.4.0',
      interfaces: null,
      ips: [{ version: '4', address: '10.0.0.2/24' }],
      routes: null,
      dns: {},
    };
    expect(decodeResult(body, '0.2.0')).toEqual({ ips: [{ address: '10.0.0.2/24' }] });
  });

  it.each([-1, 0, 7])('drops the index %i where it points to no interface', (position) => {
    const body = { ips: [{ address: '10.0.0.2/24', interface: position }] };
    expect(decodeResult(body, '1.1.0')).toEqual({ ips: [{ address: '10.0.0.2/24' }] });
  });

  it.each([
    [{ ips: {} }, 'ips must be a list'],
    [{ ips: [{ address: '10.0.0.2' }] }, "ips[0].address must be an address with a prefix length, not '10.0.0.2'"],
    [{ ips: [{ address: '10.0.0.2/24', interface: '0' }] }, 'ips[0].interface must be a whole number'],
    [{ routes: [{ dst: '0.0.0.0/0', gw: 'x' }] }, "routes[0].gw must be an IP address, not 'x'"],
    [{ interfaces: ['eth0'] }, 'interfaces[0] must be an object'],
    [{ interfaces: [{ name: 'a', mtu: -1 }] }, 'interfaces[0].mtu must not be negative'],
    [{ dns: { search: [1] } }, 'dns.search[0] must be a string'],
    [[], 'result must be an object'],
  ])('names the wrong field of %j', (body, message) => {
    try {
      decodeResult(body, '1.1.0');
      expect.unreachable();
    } catch (error) {
      expect(CniError.is(error) && [error.cniCode, error.summary]).toEqual([
        6,
        `the result cannot be read: ${message}`,
      ]);
    }
  });
});

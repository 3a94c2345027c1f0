import { describe, expect, it } from 'vitest';
import { formatAddress, formatMac, networkOf, parseAddress, parseMac, parsePrefix, prefixContains } from './address.js';

describe('addresses', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['fe80:0:0:0:0:0:0:1', 'fe80::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is written %s', (text, canonical) => {
    expect(formatAddress(parseAddress(text))).toBe(canonical);
  });

  it.each(['', '10.0.0', '10.0.0.256', 'fe80::1%eth0', '1::2::3', 'host'])('refuses %j', (text) => {
    expect(() => parseAddress(text)).toThrow(/is not an IPv4 or IPv6 address/);
  });
});

describe('prefixes', () => {
  it('reads a length, or takes the whole address', () => {
    expect(parsePrefix('10.1.2.3/24')).toEqual({ address: '10.1.2.3', length: 24 });
    expect(parsePrefix('fd00::1')).toEqual({ address: 'fd00::1', length: 128 });
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', 'fd00::/129', '10.0.0.0/1e1'])('refuses %s', (text) => {
    expect(() => parsePrefix(text)).toThrow(/prefix length/);
  });

  it.each([
    ['10.1.2.3/24', '10.1.2.0/24'],
    ['10.1.2.255/25', '10.1.2.128/25'],
    ['10.1.2.3/0', '0.0.0.0/0'],
    ['fd00:1:2:3::4/56', 'fd00:1:2::/56'],
  ])('%s lies in %s', (text, network) => {
    expect(networkOf(text)).toBe(network);
  });

  it('tells members from strangers and families apart', () => {
    expect(prefixContains('10.1.0.0/16', '10.1.200.3')).toBe(true);
    expect(prefixContains('10.1.0.0/16', '10.2.0.1')).toBe(false);
    expect(prefixContains('::/0', '10.2.0.1')).toBe(false);
  });
});

describe('hardware addresses', () => {
  it('goes both ways', () => {
    expect(formatMac(parseMac('0A:58:0a:01:02:ff'))).toBe('0a:58:0a:01:02:ff');
    expect(() => parseMac('0a:58')).toThrow(/hardware address/);
  });
});

import { describe, expect, it } from 'vitest';
import { encodeKey, encodeRange, encodeValue, following, keySize, prefixMask, typeNumber } from './values.js';

describe('values', () => {
  it.each([
    ['ipv4', '10.0.0.1', '0a000001'],
    ['protocol', 'udp', '11'],
    ['port', 8080, '1f90'],
    ['mark', 0x4000, '00400000'],
    ['interface', 'eth0', '65746830000000000000000000000000'],
  ] as const)('%s %s is %s', (type, value, hex) => {
    expect(encodeValue(type, value).toString('hex')).toBe(hex);
  });

  it.each([
    ['ipv4', 'fd00::1'],
    ['port', 65_536],
    ['protocol', 'gre'],
    ['interface', 'sixteen-letters-'],
    ['mark', -1],
  ] as const)('refuses %s %s', (type, value) => {
    expect(() => encodeValue(type, value)).toThrow(/value of type/);
  });

  it('starts each value of a joined key at a word', () => {
    const types = ['ipv4', 'protocol', 'port'] as const;
    expect(encodeKey(types, ['10.0.0.1', 'tcp', 80]).toString('hex')).toBe('0a0000010600000000500000');
    expect([keySize(types), keySize(['port']), typeNumber(types)]).toEqual([12, 2, (7 << 12) | (12 << 6) | 13]);
    expect(() => encodeKey(types, ['10.0.0.1'])).toThrow(/ipv4 . protocol . port/);
  });

  it('makes ranges of prefixes and of bounds', () => {
    const hex = (values: readonly (string | number)[], types: readonly ('ipv4' | 'port')[]): string[] => {
      const { first, last } = encodeRange(types, values);
      return [first.toString('hex'), last.toString('hex')];
    };
    expect(hex(['10.1.0.0/16'], ['ipv4'])).toEqual(['0a010000', '0a01ffff']);
    expect(hex(['10.0.0.1-10.0.0.9'], ['ipv4'])).toEqual(['0a000001', '0a000009']);
    expect(hex(['1000-2000'], ['port'])).toEqual(['03e8', '07d0']);
    expect(hex([80], ['port'])).toEqual(['0050', '0050']);
  });

  it('counts on, and knows the end', () => {
    expect(following(Buffer.from('0a01ffff', 'hex'))?.toString('hex')).toBe('0a020000');
    expect(following(Buffer.from('ffff', 'hex'))).toBeUndefined();
    expect(prefixMask(20, 4).toString('hex')).toBe('fffff000');
  });
});

import { Transform } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import { ConfigReader } from './config-reader.js';
import { NetworkConfig } from './network-config.js';

class KeyConfig extends NetworkConfig {
  @Transform(({ value }) => Buffer.from(String(value), 'hex'))
  key!: Buffer;
}

const json = { cniVersion: '1.1.0', name: 'net', type: 'x', key: '0102', ipam: { ranges: [[{ subnet: 'a' }]] } };

describe('ConfigReader', () => {
  it('gives the same frozen object for the same text', () => {
    const reader = new ConfigReader(KeyConfig);
    const config = reader.read(json);
    expect(reader.read(structuredClone(json))).toBe(config);
    expect(reader.read({ ...json, name: 'other' })).not.toBe(config);
    expect([config, config.ipam, config.ipam?.['ranges']].map(Object.isFrozen)).toEqual([true, true, true]);
  });

  it('leaves objects of other classes as they are', () => {
    const { key } = new ConfigReader(KeyConfig).read(json);
    expect(Object.isFrozen(key)).toBe(false);
    expect([...key]).toEqual([1, 2]);
  });

  it('leaves out what belongs to one request', () => {
    const reader = new ConfigReader(NetworkConfig);
    const config = reader.read(json);
    const more = { prevResult: { ips: [] }, 'cni.dev/valid-attachments': [], 'cni.dev/attachments': null };
    expect(reader.read({ ...json, ...more })).toBe(config);
    for (const key of Object.keys(more)) expect(config).not.toHaveProperty([key]);
  });

  it('forgets the network that was asked for longest ago', () => {
    const reader = new ConfigReader(NetworkConfig);
    const read = (number: number): NetworkConfig => reader.read({ ...json, name: `net${number}` });
    const configs = Array.from({ length: 32 }, (_, number) => read(number));
    expect(read(0)).toBe(configs[0]);
    read(32);
    expect(read(0)).toBe(configs[0]);
    expect(read(2)).toBe(configs[2]);
    expect(read(1)).not.toBe(configs[1]);
  });

  it('refuses a wrong one each time', () => {
    const reader = new ConfigReader(NetworkConfig);
    for (let round = 0; round < 2; round += 1) expect(() => reader.read({ ...json, name: '' })).toThrow('name');
  });
});

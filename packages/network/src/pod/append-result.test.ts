import { describe, expect, it } from 'vitest';
import { appendResult } from './append-result.js';

const own = {
  interfaces: [{ name: 'veth1' }, { name: 'eth1', sandbox: '/pod' }],
  ips: [{ address: '10.1.0.2/24', interface: 1 }],
  routes: [{ dst: '10.1.0.0/16' }],
};

describe('appendResult', () => {
  it('is the own result for the first plugin of a chain', () => {
    expect(appendResult(undefined, own)).toBe(own);
  });

  it('keeps what came before, and each address at its interface', () => {
    const before = {
      interfaces: [{ name: 'eth0', sandbox: '/pod' }],
      ips: [{ address: '10.0.0.2/24', interface: 0 }],
      routes: [{ dst: '0.0.0.0/0' }],
      dns: { nameservers: ['10.0.0.10'] },
    };
    expect(appendResult(before, own)).toEqual({
      interfaces: [{ name: 'eth0', sandbox: '/pod' }, { name: 'veth1' }, { name: 'eth1', sandbox: '/pod' }],
      ips: [
        { address: '10.0.0.2/24', interface: 0 },
        { address: '10.1.0.2/24', interface: 2 },
      ],
      routes: [{ dst: '0.0.0.0/0' }, { dst: '10.1.0.0/16' }],
      dns: { nameservers: ['10.0.0.10'] },
    });
  });
});

import { describe, expect, it } from 'vitest';
import { readSysctl, sysctlPath } from './sysctl.js';

describe('sysctlPath', () => {
  it('takes dots, and slashes for elements with dots', () => {
    expect(sysctlPath('net.ipv4.ip_forward')).toBe('/proc/sys/net/ipv4/ip_forward');
    expect(sysctlPath('net/ipv4/conf/eth0.5/forwarding')).toBe('/proc/sys/net/ipv4/conf/eth0.5/forwarding');
  });

  it.each(['', 'net', '/net/ipv4', 'net/../../etc/passwd', 'net..ipv4', 'net.ipv4/..', 'a/b\0c', 'net/./x'])(
    'refuses %j',
    (name) => {
      expect(() => sysctlPath(name)).toThrow(/kernel parameter/);
    },
  );
});

describe.skipIf(process.platform !== 'linux')('readSysctl', () => {
  it('reads a value and knows what is not there', () => {
    expect(readSysctl('kernel.ostype')).toBe('Linux');
    expect(readSysctl('kernel.no_such_thing')).toBeUndefined();
  });
});

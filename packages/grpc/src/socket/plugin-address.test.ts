import { describe, expect, it } from 'vitest';
import { grpcTarget, parsePluginAddress, showAddress } from './plugin-address.js';

describe('parsePluginAddress', () => {
  it.each(['unix:///run/a.sock', 'unix:/run/a.sock', '/run/a.sock'])('reads %s', (address) => {
    expect(parsePluginAddress(address)).toEqual({ kind: 'unix', path: '/run/a.sock' });
    expect(showAddress(parsePluginAddress(address))).toBe('unix:///run/a.sock');
  });

  it.each([
    ['tcp://127.0.0.1:8080', '127.0.0.1:8080'],
    ['tcp://[::1]:0', '[::1]:0'],
  ])('reads %s', (address, target) => {
    expect(grpcTarget(parsePluginAddress(address))).toBe(target);
    expect(showAddress(parsePluginAddress(address))).toBe(address);
  });

  it.each([
    'relative.sock',
    'unix://relative.sock',
    '',
    '/run/',
    '/run/a\0b',
    'tcp://0.0.0.0:80',
    'tcp://10.0.0.1:80',
    'tcp://localhost:80',
    'tcp://127.0.0.1',
    'tcp://127.0.0.1:70000',
    'tcp://127.0.0.999:1',
    'http://127.0.0.1:80',
  ])('refuses %j', (address) => {
    expect(() => parsePluginAddress(address)).toThrow(/is no address for a gRPC plugin/);
  });
});

import { describe, expect, it } from 'vitest';
import { grpcTarget, parseAddress, showAddress } from './plugin-address.js';

describe('parseAddress', () => {
  it.each(['unix:///run/a.sock', 'unix:/run/a.sock', '/run/a.sock'])('reads %s', (address) => {
    expect(parseAddress(address)).toEqual({ kind: 'unix', path: '/run/a.sock' });
    expect(showAddress(parseAddress(address))).toBe('unix:///run/a.sock');
  });

  it.each([
    ['tcp://127.0.0.1:8080', '127.0.0.1:8080'],
    ['tcp://[::1]:0', '[::1]:0'],
  ])('reads %s', (address, target) => {
    expect(grpcTarget(parseAddress(address))).toBe(target);
    expect(showAddress(parseAddress(address))).toBe(address);
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
    expect(() => parseAddress(address)).toThrow(/is no address for a gRPC plugin/);
  });
});

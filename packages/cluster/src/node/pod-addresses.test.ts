import { describe, expect, it } from 'vitest';
import { PodAddresses } from './pod-addresses.js';

describe('PodAddresses', () => {
  it('gives each pod the lowest free address, always the same', () => {
    const addresses = new PodAddresses('10.244.7.0/24');
    expect([addresses.take('a'), addresses.take('b'), addresses.take('a')]).toEqual([
      '10.244.7.2',
      '10.244.7.3',
      '10.244.7.2',
    ]);
    addresses.release('a');
    addresses.release('a');
    expect([addresses.take('c'), addresses.take('d')]).toEqual(['10.244.7.2', '10.244.7.4']);
  });

  it('leaves a pod the address that it has', () => {
    const addresses = new PodAddresses('10.244.0.0/24');
    expect([addresses.take('a', '10.244.0.9'), addresses.take('b', '10.244.0.9')]).toEqual([
      '10.244.0.9',
      '10.244.0.2',
    ]);
  });

  it('has 253 of them', () => {
    const addresses = new PodAddresses('10.244.0.0/24');
    const taken = Array.from({ length: 253 }, (_, index) => addresses.take(String(index)));
    expect(new Set(taken).size).toBe(253);
    expect(addresses.take('one more')).toBeUndefined();
  });
});

import { CniError } from '@kubewright/cni-sdk';
import { describe, expect, it } from 'vitest';
import { nextFree } from './allocate.js';
import { addressNumber, completeRange, numberAddress } from './range.js';

function problem(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return CniError.is(error) ? `${error.cniCode}: ${error.summary}` : String(error);
  }
}

describe('completeRange', () => {
  it('fills in what is left out', () => {
    const { first, last, gateway, length } = completeRange({ subnet: '10.1.0.0/24' }, 'r');
    expect([first, last, gateway].map((one) => numberAddress(one, 4))).toEqual(['10.1.0.1', '10.1.0.254', '10.1.0.1']);
    expect(length).toBe(24);
    expect(numberAddress(completeRange({ subnet: 'fd00::/64' }, 'r').last, 6)).toBe('fd00::ffff:ffff:ffff:ffff');
  });

  it.each([
    [{}, 'r.subnet must be a network'],
    [{ subnet: '10.1.0.1/24' }, 'has bits set behind its prefix: the network is 10.1.0.0/24'],
    [{ subnet: '10.1.0.0/31' }, 'has no room for pods'],
    [{ subnet: '10.1.0.0/24', rangeStart: '10.2.0.1' }, 'r.rangeStart "10.2.0.1" must lie in "10.1.0.0/24"'],
    [{ subnet: '10.1.0.0/24', rangeStart: '10.1.0.9', rangeEnd: '10.1.0.8' }, 'must not come before rangeStart'],
    [{ subnet: '10.1.0.0/24', gateway: 'fd00::1' }, "'fd00::1' must be of IPv4"],
    [{ subnet: '10.1.0.0/24', gateway: 7 }, 'r.gateway is wrong'],
  ])('refuses %j', (config, expected) => {
    expect(problem(() => completeRange(config, 'r'))).toContain(expected);
  });
});

describe('nextFree', () => {
  const ranges = [
    completeRange({ subnet: '10.1.0.0/29' }, 'a'),
    completeRange({ subnet: '10.2.0.0/24', rangeStart: '10.2.0.5', rangeEnd: '10.2.0.6' }, 'b'),
  ];
  const all = ['10.1.0.2', '10.1.0.3', '10.1.0.4', '10.1.0.5', '10.1.0.6', '10.2.0.5', '10.2.0.6'];

  it('goes round through all ranges, never to a gateway', () => {
    const given: string[] = [];
    for (let last: string | undefined; given.length < 9;) {
      last = nextFree(ranges, last, () => false)?.address;
      given.push(last ?? '');
    }
    expect(given).toEqual([...all, '10.1.0.2', '10.1.0.3']);
  });

  it('finds the only free one wherever it starts, and says when there is none', () => {
    for (const last of [undefined, ...all, '192.0.2.1']) {
      for (const free of all) expect(nextFree(ranges, last, (one) => one !== free)?.address).toBe(free);
      expect(nextFree(ranges, last, () => true)).toBeUndefined();
    }
  });
});

it('turns addresses into numbers and back', () => {
  for (const [address, family] of [
    ['0.0.0.7', 4],
    ['255.255.255.255', 4],
    ['::1', 6],
    ['fd00::a:0:1', 6],
  ] as const) {
    expect(numberAddress(addressNumber(address), family)).toBe(address);
  }
});

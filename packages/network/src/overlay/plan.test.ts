import type { Node } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { networkErrors } from '../errors.js';
import { overlayMtu, overlayNode, ownOverlayNode, planOverlay, tunnelMac } from './plan.js';

function node(name: string, address: string, podCIDRs: string[]): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: { podCIDRs },
    status: {
      addresses: [
        { type: 'Hostname', address: name },
        { type: 'InternalIP', address },
      ],
    },
  };
}

describe('planOverlay', () => {
  const one = { name: 'one', address: '192.0.2.1', podNetworks: ['10.1.1.0/24'] };
  const two = { name: 'two', address: '192.0.2.2', podNetworks: ['10.1.2.0/24', 'fd00:2::/64'] };

  it('leads to the pods of every other node, and to none of its own', () => {
    expect(planOverlay('one', [one, two]).plan).toEqual({
      routes: [
        { destination: '10.1.2.0/24', gateway: '10.1.2.0', onlink: true, protocol: 75 },
        { destination: 'fd00:2::/64', gateway: 'fd00:2::', onlink: true, protocol: 75 },
      ],
      neighbours: [
        { address: '10.1.2.0', mac: tunnelMac('two') },
        { address: 'fd00:2::', mac: tunnelMac('two') },
      ],
      forwarding: [{ mac: tunnelMac('two'), destination: '192.0.2.2' }],
    });
  });

  it('is empty for a lone node', () => {
    const { plan, unusable } = planOverlay('one', [one]);
    expect([plan, unusable]).toEqual([{ routes: [], neighbours: [], forwarding: [] }, []]);
  });
});

it('tells of a node whose network is none, and leads to the others', () => {
  const two = { name: 'two', address: '192.0.2.2', podNetworks: ['10.1.2.0/24'] };
  const three = { name: 'three', address: '192.0.2.3', podNetworks: ['10.1.3.0/24', '10.1.3.0/33'] };
  const { plan, unusable } = planOverlay('one', [three, two]);
  expect(plan).toEqual(planOverlay('one', [two]).plan);
  expect(unusable.map(({ message }) => message)).toEqual([
    expect.stringContaining("'10.1.3.0/33' of the node 'three'"),
  ]);
});

describe('what the overlay reads of a Node', () => {
  it('is its internal address and its pod networks', () => {
    const read = overlayNode(node('n', '192.0.2.9', ['10.1.9.0/24']), 4);
    expect(read).toEqual({ name: 'n', address: '192.0.2.9', podNetworks: ['10.1.9.0/24'] });
    expect(overlayNode(node('n', '192.0.2.9', ['10.1.9.0/24']), 6)).toBeUndefined();
    expect(overlayNode(node('n', 'nonsense', ['10.1.9.0/24']), 4)).toBeUndefined();
  });

  it('must be complete for the own node', () => {
    expect(() => ownOverlayNode(node('n', '192.0.2.9', []), 4)).toThrow(/'n' has no pod network yet/);
    const incomplete = (): unknown => ownOverlayNode(node('n', '192.0.2.9', ['10.1.9.0/24']), 6);
    expect(incomplete).toThrow(expect.toSatisfy((error) => networkErrors.NO_NODE_ADDRESS.is(error)) as Error);
  });
});

it('takes the room of the headers from the MTU', () => {
  expect([overlayMtu(1500, 4), overlayMtu(1500, 6)]).toEqual([1450, 1430]);
});

it('gives each node a hardware address of its own, always the same', () => {
  expect(tunnelMac('one')).toMatch(/^0e(:[0-9a-f]{2}){5}$/);
  expect(tunnelMac('one')).toBe(tunnelMac('one'));
  expect(tunnelMac('one')).not.toBe(tunnelMac('two'));
});

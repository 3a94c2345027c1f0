import { describe, expect, it } from 'vitest';
import { BridgeConfig } from './bridge-config.js';
import { portSettings, portVlans } from './bridge-device.js';
import { planGateways } from './gateways.js';

function config(values: Partial<BridgeConfig>): BridgeConfig {
  return Object.assign(new BridgeConfig(), values);
}

describe('planGateways', () => {
  const given = { ips: [{ address: '10.1.0.5/24', gateway: '10.1.0.1' }, { address: 'fd01::5/64' }] };

  it('leaves the bridge alone unless it is a gateway', () => {
    const { result, bridgeAddresses } = planGateways(config({}), given, 2);
    expect(bridgeAddresses).toEqual([]);
    expect(result).toEqual({
      ips: [
        { address: '10.1.0.5/24', gateway: '10.1.0.1', interface: 2 },
        { address: 'fd01::5/64', interface: 2 },
      ],
    });
  });

  it('gives the bridge the gateways, the first address where none is named', () => {
    const { bridgeAddresses, result } = planGateways(config({ isGateway: true }), given, 2);
    expect(bridgeAddresses).toEqual(['10.1.0.1/24', 'fd01::1/64']);
    expect(result.routes).toBeUndefined();
  });

  it('adds default routes that are not there', () => {
    const routes = [{ dst: '0.0.0.0/0', gw: '10.1.0.9' }];
    const { result } = planGateways(config({ isDefaultGateway: true }), { ...given, routes }, 2);
    expect(result.routes).toEqual([...routes, { dst: '::/0', gw: 'fd01::1' }]);
  });

  it('prefers the resolver of the network', () => {
    const dns = { nameservers: ['192.0.2.1'] };
    expect(planGateways(config({ dns }), { dns: { domain: 'x' } }, 2).result.dns).toEqual(dns);
  });
});

describe('ports of a bridge', () => {
  it('have the VLANs of the configuration', () => {
    const vlanTrunk = [{ id: 5 }, { minID: 10, maxID: 20 }];
    expect(portVlans(config({ vlan: 7, vlanTrunk }))).toEqual([
      { id: 7, pvid: true, untagged: true },
      { id: 5 },
      { id: 10, lastId: 20 },
    ]);
    expect(() => portVlans(config({ vlanTrunk: [{ minID: 9, maxID: 3 }] }))).toThrow(/vlanTrunk\[0\]/);
  });

  it('have their settings before they come up; most need none', () => {
    const purposes = portSettings(4, config({ hairpinMode: true, vlan: 7, preserveDefaultVlan: false })).map(
      ({ purpose }) => purpose,
    );
    expect(purposes).toEqual(['change the bridge port 4', 'take VLANs from port 4', 'let VLANs pass port 4']);
    expect(portSettings(4, config({}))).toEqual([]);
  });
});

import { privileged } from '@kubewright/linux/testing';
import { expect, it } from 'vitest';
import { TestMachine } from '../testing/test-machine.js';

it.skipIf(!privileged())(
  'gives a port the VLAN of the pod, and its trunk (needs root and VLAN filtering)',
  async (test) => {
    await using machine = new TestMachine();
    const ipam = { type: 'host-local', dataDir: machine.leases, subnet: '10.76.0.0/24' };
    const config = {
      bridge: 'cni-vlan',
      vlan: 100,
      vlanTrunk: [{ minID: 200, maxID: 201 }],
      preserveDefaultVlan: false,
      ipam,
    };
    const { exitCode, stdout } = await machine.call('bridge', 'ADD', { config, netns: machine.pod().path });
    test.skip(stdout.includes('EOPNOTSUPP'), 'this kernel has no VLAN filtering in its bridge');
    expect(exitCode, stdout).toBe(0);
    const [port] = await machine.tables.links({ kind: 'veth' });
    const vlans = (await machine.tables.bridgeVlans()).find(({ index }) => index === port?.index)?.vlans;
    expect(vlans).toEqual(expect.arrayContaining([expect.objectContaining({ id: 100, pvid: true, untagged: true })]));
    expect(vlans?.some(({ id }) => id === 1)).toBe(false);
  },
);

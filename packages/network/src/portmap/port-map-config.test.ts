import { describe, expect, it } from 'vitest';
import { checkSupported, mappedPorts, PortMapConfig } from './port-map-config.js';
import { addPorts, deletePorts } from './port-rules.js';

function config(portMappings: readonly unknown[]): PortMapConfig {
  return Object.assign(new PortMapConfig(), { runtimeConfig: { portMappings } });
}

const result = { ips: [{ address: '10.1.0.5/24' }, { address: 'fd01::5/64' }] };

describe('mappedPorts', () => {
  it('maps for each family of the pod', () => {
    const mapping = { hostPort: 8080, containerPort: 80, protocol: 'TCP' };
    const common = { protocol: 'tcp', hostPort: 8080, port: 80 };
    expect(mappedPorts(config([mapping]), result, 'eth0')).toEqual([
      { ...common, family: 4, address: '10.1.0.5' },
      { ...common, family: 6, address: 'fd01::5' },
    ]);
  });

  it('keeps an address of the machine to its family; the unspecified one means any', () => {
    const mapping = { hostPort: 1, containerPort: 2, protocol: 'udp' };
    const read = (hostIP: string): unknown[] => mappedPorts(config([{ ...mapping, hostIP }]), result, 'eth0');
    expect(read('192.0.2.1')).toEqual([expect.objectContaining({ family: 4, hostAddress: '192.0.2.1' })]);
    expect(read('0.0.0.0')).toEqual([expect.not.objectContaining({ hostAddress: expect.anything() as unknown })]);
    expect(read('::')).toEqual([expect.objectContaining({ family: 6 })]);
  });

  it.each([
    [{ hostPort: 0, containerPort: 80, protocol: 'tcp' }, 'portMappings[0].hostPort'],
    [{ hostPort: 80, containerPort: 70_000, protocol: 'tcp' }, 'portMappings[0].containerPort'],
    [{ hostPort: 80, containerPort: 80, protocol: 'icmp' }, 'portMappings[0].protocol'],
    [{ hostPort: 80, containerPort: 80, protocol: 'tcp', hostIP: 'x' }, 'portMappings[0].hostIP'],
  ])('refuses %j', (mapping, field) => {
    expect(() => mappedPorts(config([mapping]), result, 'eth0')).toThrow(field);
  });

  it('maps no address of an interface that is not the pod', () => {
    const mapping = { hostPort: 1, containerPort: 2, protocol: 'tcp' };
    const interfaces = [{ name: 'eth0' }, { name: 'net1', sandbox: '/ns' }, { name: 'eth0', sandbox: '/ns' }];
    const mapped = (...positions: readonly (number | undefined)[]): unknown => {
      const ips = positions.map((one, index) => ({
        address: `10.1.0.${index}/24`,
        ...(one === undefined ? {} : { interface: one }),
      }));
      return mappedPorts(config([mapping]), { interfaces, ips }, 'eth0')[0]?.address;
    };
    expect([mapped(0, 1, 2), mapped(0, undefined), mapped(7), mapped(0, 1)]).toEqual([
      '10.1.0.2',
      '10.1.0.1',
      '10.1.0.0',
      undefined,
    ]);
  });

  it.each([
    ['conditionsV4', ['-s', '192.0.2.0/24'], []],
    ['externalSetMarkChain', 'KUBE-MARK-MASQ', ''],
    ['backend', 'iptables', 'nftables'],
    ['markMasqBit', 14, 13],
  ])('refuses %s where it would change something', (field, refused, allowed) => {
    const set = (value: unknown): PortMapConfig => Object.assign(new PortMapConfig(), { [field]: value });
    expect(() => checkSupported(set(refused))).toThrow(expect.objectContaining({ cniCode: 2 }) as Error);
    checkSupported(set(allowed));
  });
});

describe('the elements of a port', () => {
  const ips = [{ address: '10.1.0.5/24' }];
  const ports = mappedPorts(config([{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }]), { ips }, 'eth0');
  const purposes = (sources: 'none' | 'back' | 'all'): string[] =>
    addPorts({ ports, sources, hostInterface: 'cni0' }).map(({ purpose }) => purpose.replace(/.* set /, ''));

  it('are one of the map, one of the targets, one of the interface, and for all callers one more', () => {
    expect(purposes('none')).toEqual(['ports-4']);
    expect(purposes('back')).toEqual(['ports-4', 'port-targets-4', 'port-interfaces']);
    expect(purposes('all')).toEqual(['ports-4', 'ports-all-4', 'port-targets-4', 'port-interfaces']);
  });

  it('go in one step where they belong to the host port, since that may be another pod by now', () => {
    const sizes = (sources: 'back' | 'all'): number[] => deletePorts({ ports, sources }).map(({ length }) => length);
    expect([sizes('back'), sizes('all')]).toEqual([
      [2, 2],
      [4, 2],
    ]);
  });
});

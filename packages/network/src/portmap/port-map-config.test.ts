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
    expect(mappedPorts(config([mapping]), result)).toEqual([
      { ...common, family: 4, address: '10.1.0.5' },
      { ...common, family: 6, address: 'fd01::5' },
    ]);
  });

  it('keeps an address of the machine to its family; the unspecified one means any', () => {
    const mapping = { hostPort: 1, containerPort: 2, protocol: 'udp' };
    const read = (hostIP: string): unknown[] => mappedPorts(config([{ ...mapping, hostIP }]), result);
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
    expect(() => mappedPorts(config([mapping]), result)).toThrow(field);
  });

  it('refuses what is written for iptables', () => {
    const conditions = Object.assign(new PortMapConfig(), { conditionsV4: ['-s', '192.0.2.0/24'] });
    expect(() => checkSupported(conditions)).toThrow(/'conditionsV4' is not supported/);
    checkSupported(Object.assign(new PortMapConfig(), { conditionsV4: [] }));
  });
});

it('maps a port by elements alone: one of the map, one of the targets, one of the interface', () => {
  const ports = mappedPorts(config([{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }]), {
    ips: [{ address: '10.1.0.5/24' }],
  });
  const purposes = (sources: 'none' | 'back'): string[] =>
    addPorts({ ports, sources, hostInterface: 'cni0' }).map(({ purpose }) => purpose);
  expect(purposes('back')).toEqual([
    'add elements to the set ports-4',
    'add elements to the set port-targets-4',
    'add elements to the set port-interfaces',
  ]);
  expect(purposes('none')).toEqual(['add elements to the set ports-4']);
  expect(deletePorts({ ports, sources: 'back' }).map((changes) => changes.length)).toEqual([2, 2]);
});

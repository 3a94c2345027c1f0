import type { Random } from '@kubewright/core';
import { Choices } from '../generate.js';

/** A request to a plugin as it comes in. */
export interface CniInput {
  readonly type: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
}

const types = [
  'host-local',
  'cluster-local',
  'static',
  'portmap',
  'firewall',
  'tuning',
  'bandwidth',
  'loopback',
  'bridge',
  'ptp',
];
const verbs = ['ADD', 'ADD', 'DEL', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION'];
const versions = ['0.1.0', '0.2.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'];
const addresses = [
  '10.1.0.0/24',
  '10.1.0.5',
  '10.1.0.0/30',
  'fd00::/64',
  'fd00::5',
  '0.0.0.0/0',
  '255.255.255.255/32',
  '::/0',
  '10.1.0.300',
  '',
];
const paths = ['../../etc', '/etc/passwd', 'a/b', '..', '$(id)', '; rm -rf /', "'", '\n'];

/**
 * Requests of which most are whole; each has now and then something wrong in one place.
 *
 * @param namespaces - namespaces that are there. Few requests name one, as those take a hundred times as long.
 */
export function cniInput(random: Random, namespaces: readonly string[]): CniInput {
  const choices = new Choices(random);
  const verb = choices.chance(0.02) ? choices.text() : choices.of(verbs);
  const wrong = (value: string): string => (choices.chance(0.02) ? choices.of([...paths, choices.text(), '']) : value);
  const environment = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: wrong(`c${choices.below(20)}`),
    CNI_NETNS: choices.of(
      choices.chance(0.1) && namespaces.length > 0
        ? namespaces
        : ['/nowhere/ns', '/nowhere/ns', '', '/proc/version', choices.of(paths)],
    ),
    CNI_IFNAME: wrong(choices.of(['eth0', 'eth1', 'lo'])),
    CNI_PATH: wrong('/nowhere'),
    CNI_ARGS: choices.chance(0.2) ? `IP=${choices.of(addresses)};IgnoreUnknown=1` : wrong(''),
  };
  const type = choices.of(types);
  const config = JSON.stringify(configuration(choices, type));
  return { type, environment, stdin: choices.chance(0.02) ? config.slice(choices.below(config.length)) : config };
}

function configuration(choices: Choices, type: string): Record<string, unknown> {
  const sometimes = (chance: number, key: string, value: () => unknown): Record<string, unknown> =>
    choices.chance(chance) ? { [key]: value() } : {};
  const address = (): unknown => (choices.chance(0.05) ? choices.json(2) : choices.of(addresses));
  const range = (): unknown => ({
    subnet: address(),
    ...sometimes(0.2, 'rangeStart', address),
    ...sometimes(0.2, 'gateway', address),
  });
  const number = (): unknown => choices.of([0, 1, 80, 8080, 65_535, 70_000, -1, 1.5, '80', null]);
  const mapping = (): unknown => ({
    hostPort: number(),
    containerPort: number(),
    protocol: choices.of(['tcp', 'udp', 'x']),
    hostIP: address(),
  });
  return {
    cniVersion: choices.chance(0.02) ? choices.json(1) : choices.of(versions.slice(-2)),
    name: choices.chance(0.02) ? choices.of(paths) : choices.of(['one', 'two']),
    type,
    ipam: {
      type: choices.of(['host-local', 'static', ...paths.slice(0, 1)]),
      ...(choices.chance(0.7) ? { ranges: [[{ subnet: '10.1.0.0/26' }]] } : { ranges: [[range()], [range()]] }),
      ...sometimes(0.3, 'routes', () => [{ dst: address(), gw: address() }]),
      ...sometimes(0.3, 'addresses', () => [{ address: address(), gateway: address() }]),
    },
    ...sometimes(0.7, 'prevResult', () => ({
      cniVersion: '1.0.0',
      interfaces: [{ name: choices.of(['cni0', ...paths]) }, { name: 'eth0', sandbox: '/nowhere/ns' }],
      ips: [{ address: choices.of(['10.1.0.5/24', 'fd00::5/64']), interface: choices.of([0, 1]) }],
    })),
    ...sometimes(0.3, 'runtimeConfig', () => ({
      portMappings: [mapping()],
      bandwidth: { ingressRate: number(), ingressBurst: number() },
      ips: [address()],
    })),
    ...sometimes(0.2, 'sysctl', () => ({ [choices.of(['net.core.x', 'kernel.y', ...paths])]: '1' })),
    ...sometimes(0.6, 'cni.dev/valid-attachments', () => [{ containerID: 'c1', ifname: 'eth0' }]),
    ...sometimes(0.1, choices.of(['mtu', 'vlan', 'bridge', 'ipMasq', 'mac', 'args', choices.text(5)]), () =>
      choices.json(),
    ),
  };
}

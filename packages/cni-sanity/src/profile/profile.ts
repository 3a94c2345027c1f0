/**
 * What is known of a plugin before it is run: which kind it is, how it is configured, which versions it lists. Known types
 * have a configuration that makes them do something; others get an empty one, or their author's.
 */
import { basename } from 'node:path';
import { cniVersions } from '@kubewright/cni-sdk';
import type { CniVersion, CniJson } from '@kubewright/cni-sdk';
import { isOneOf } from '@kubewright/core';

/**
 * `interface`: connects a container by an interface of its own. `chained`: changes what a plugin before it made. `ipam`: gives
 * out addresses. `loopback`: sets up `lo`.
 */
export const pluginKinds = ['interface', 'chained', 'ipam', 'loopback'] as const;
export type PluginKind = (typeof pluginKinds)[number];

export interface Profile {
  /** Path of the executable. */
  readonly plugin: string;
  readonly type: string;
  readonly kind: PluginKind;
  /** Its configuration without `cniVersion`, `name` and `type`; `{dir}` in a text stands for a directory of the check's own. */
  readonly config: CniJson;
  /** What else its configuration for a second network beside the first has to say. */
  readonly second: CniJson;
  /** Whether it is configured to delegate addresses. */
  readonly ipam: boolean;
  /** The versions to check, oldest first. */
  readonly versions: readonly CniVersion[];
  /** Directories of other plugins. */
  readonly cniPath: readonly string[];
}

interface KnownType {
  readonly kind: PluginKind;
  readonly config?: CniJson;
  readonly second?: CniJson;
}

const rate = { ingressRate: 10_000_000, ingressBurst: 1_000_000, egressRate: 10_000_000, egressBurst: 1_000_000 };

const knownTypes: Readonly<Record<string, KnownType>> = {
  bridge: { kind: 'interface', config: { bridge: 'sanity0', isGateway: true }, second: { bridge: 'sanity1' } },
  ptp: { kind: 'interface' },
  macvlan: { kind: 'interface', config: { master: 'uplink0' } },
  ipvlan: { kind: 'interface', config: { master: 'uplink0' } },
  loopback: { kind: 'loopback' },
  'host-local': { kind: 'ipam', config: { ipam: addressManager('host-local') } },
  portmap: {
    kind: 'chained',
    config: {
      capabilities: { portMappings: true },
      runtimeConfig: { portMappings: [{ hostPort: 18_080, containerPort: 80, protocol: 'tcp' }] },
    },
  },
  tuning: { kind: 'chained', config: { sysctl: { 'net.ipv4.conf.eth0.arp_filter': '1' }, dataDir: '{dir}/tuning' } },
  firewall: { kind: 'chained' },
  bandwidth: { kind: 'chained', config: { capabilities: { bandwidth: true }, runtimeConfig: { bandwidth: rate } } },
};

export function knownType(plugin: string): KnownType | undefined {
  const type = basename(plugin);
  return Object.hasOwn(knownTypes, type) ? knownTypes[type] : undefined;
}

/** A configuration for an address manager that takes what host-local takes. */
export function addressManager(type: string): CniJson {
  return { type, subnet: '10.213.8.0/24', routes: [{ dst: '0.0.0.0/0' }], dataDir: '{dir}/leases' };
}

export function isVersion(text: string): text is CniVersion {
  return isOneOf(cniVersions, text);
}

export function newestOf(profile: Profile): CniVersion {
  return profile.versions.at(-1) ?? '0.1.0';
}

/** The portmap plugin: ports of the machine that lead to a pod, chained behind the plugin that connects the pod. */
import { CniError, NetworkConfig } from '@kubewright/cni-sdk';
import type { CniResult } from '@kubewright/cni-sdk';
import { addressFamily, formatAddress, parseAddress, parsePrefix } from '@kubewright/linux';
import { IsArray, IsBoolean, IsInt, IsOptional, IsString } from 'class-validator';
import { attempt, textOf, unsupportedField } from '../config/values.js';

/** The bit of a packet's mark that says that its source may have to be translated: the reference plugin's default. */
export const sourceMarkBit = 13;

/** Configuration of the portmap plugin, with the keys of the reference plugin of this name that have a meaning here. */
export class PortMapConfig extends NetworkConfig {
  /** Whether pods of the same bridge, and the machine itself by its loopback address, can use a host port. */
  @IsOptional()
  @IsBoolean()
  snat = true;

  /** All that comes by a host port gets the machine's address. Without `snat` it has no effect. */
  @IsOptional()
  @IsBoolean()
  masqAll = false;

  /** Refused: they are written in the language of iptables. */
  @IsOptional()
  @IsArray()
  conditionsV4?: readonly string[];

  @IsOptional()
  @IsArray()
  conditionsV6?: readonly string[];

  @IsOptional()
  @IsString()
  externalSetMarkChain?: string;

  /** Refused unless it is `nftables` or empty. */
  @IsOptional()
  @IsString()
  backend = '';

  /** Refused unless it is 13, the bit of the mark that is used. */
  @IsOptional()
  @IsInt()
  markMasqBit = sourceMarkBit;
}

/** A host port and where it leads. */
export interface MappedPort {
  readonly family: 4 | 6;
  readonly protocol: string;
  readonly hostPort: number;
  /** Absent: any address of the machine. */
  readonly hostAddress?: string;
  readonly address: string;
  readonly port: number;
}

/** The result's addresses, and whose they are. */
type Addresses = Pick<CniResult, 'ips' | 'interfaces'>;

const protocols = ['tcp', 'udp', 'sctp'];
const greatestPort = 65_535;

/** @throws CniError 2 for keys that would be obeyed only in part. */
export function checkSupported(config: PortMapConfig): void {
  for (const field of ['conditionsV4', 'conditionsV6', 'externalSetMarkChain'] as const) {
    const value = config[field];
    if (value === undefined || value.length === 0) continue;
    throw unsupportedField(field, 'it is for the packet filter of iptables, and this plugin uses nftables');
  }
  if (!['', 'nftables'].includes(config.backend)) throw unsupportedField('backend', "leave it out, or set 'nftables'");
  if (config.markMasqBit !== sourceMarkBit) {
    throw unsupportedField('markMasqBit', `leave it out: all networks share the bit ${sourceMarkBit}`);
  }
}

/**
 * What the runtime asks for, for each family that the pod has an address of.
 *
 * @param ifName - the pod's interface: addresses of others are not mapped.
 * @throws CniError 7 that names the mapping.
 */
export function mappedPorts(config: PortMapConfig, result: Addresses, ifName: string): MappedPort[] {
  return (config.runtimeConfig?.portMappings ?? []).flatMap((mapping, index) => {
    const field = `runtimeConfig.portMappings[${index}]`;
    const protocol = readProtocol(mapping.protocol, `${field}.protocol`);
    const hostPort = readPort(mapping.hostPort, `${field}.hostPort`);
    const port = readPort(mapping.containerPort, `${field}.containerPort`);
    const hostAddress = readHostAddress(mapping.hostIP, `${field}.hostIP`);
    return ([4, 6] as const).flatMap((family): MappedPort[] => {
      const address = addressOf(result, ifName, family);
      if (address === undefined) return [];
      if (hostAddress !== undefined && addressFamily(hostAddress) !== family) return [];
      const common = { family, protocol, hostPort, address, port };
      return [hostAddress === undefined || isUnspecified(hostAddress) ? common : { ...common, hostAddress }];
    });
  });
}

/** An address that is of no interface counts as the pod's. */
function addressOf({ ips = [], interfaces = [] }: Addresses, ifName: string, family: 4 | 6): string | undefined {
  return ips
    .filter((ip) => {
      const owner = interfaces[ip.interface ?? -1];
      return owner === undefined || (owner.name === ifName && owner.sandbox !== undefined && owner.sandbox !== '');
    })
    .map(({ address }) => parsePrefix(address).address)
    .find((one) => addressFamily(one) === family);
}

function readProtocol(value: unknown, field: string): string {
  const protocol = typeof value === 'string' ? value.toLowerCase() : '';
  if (protocols.includes(protocol)) return protocol;
  throw CniError.invalidConfig(field, `must be one of ${protocols.join(', ')}`);
}

function readPort(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= greatestPort) return value;
  throw CniError.invalidConfig(field, `must be a port from 1 to ${greatestPort}`);
}

function readHostAddress(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return attempt(field, () => formatAddress(parseAddress(textOf(value))));
}

function isUnspecified(address: string): boolean {
  return parseAddress(address).every((byte) => byte === 0);
}

import { join } from 'node:path';
import { CniError } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CniRoute, NetworkConfig } from '@kubewright/cni-sdk';
import { parseAddress, parsePrefix } from '@kubewright/linux';
import { isList, recordOf } from '@kubewright/core';
import { attempt, textOf } from '../config/values.js';
import { completeRange, rangesOverlap, rangeText } from './range.js';
import type { AddressRange } from './range.js';

/** The `ipam` object of a host-local configuration, complete. */
export interface HostLocalSettings {
  /** An address is given out of each. */
  readonly sets: readonly (readonly AddressRange[])[];
  readonly routes: readonly CniRoute[];
  readonly resolvConf?: string;
}

/** Where the reference plugin keeps its leases, too. */
const defaultDataDirectory = '/var/lib/cni/networks';

/** Reads and checks the configuration. @throws CniError 7 that names the field. */
export function hostLocalSettings(config: NetworkConfig): HostLocalSettings {
  const ipam = config.ipam ?? {};
  const written = listAt(ipam['ranges'], 'ipam.ranges');
  // The old form, one range beside the type, comes before the others, and the runtime's wishes before both.
  const configured = [...(ipam['subnet'] === undefined ? [] : [[ipam]]), ...written];
  const sets = [...(config.runtimeConfig?.ipRanges ?? []), ...configured].map((set, index) => {
    const ranges = listAt(set, `ipam.ranges[${index}]`);
    return ranges.map((range, position) => completeRange(range, `ipam.ranges[${index}][${position}]`));
  });
  checkSets(sets);
  const { resolvConf } = ipam;
  return {
    sets,
    routes: readRoutes(ipam['routes']),
    ...(typeof resolvConf === 'string' && resolvConf !== '' ? { resolvConf } : {}),
  };
}

/** Where the leases of a network lie: that is all that a release needs to know. */
export function leasePath({ name, ipam }: NetworkConfig): string {
  const { dataDir } = ipam ?? {};
  return join(typeof dataDir === 'string' && dataDir !== '' ? dataDir : defaultDataDirectory, name);
}

/** @throws CniError 7 where a route has no destination, or something of it is no address. */
export function readRoutes(value: unknown): CniRoute[] {
  return listAt(value ?? [], 'ipam.routes').map((one, index) => {
    const field = `ipam.routes[${index}]`;
    const route = recordOf(one);
    const { dst, gw } = route;
    if (typeof dst !== 'string' || !dst.includes('/'))
      throw CniError.invalidConfig(`${field}.dst`, 'must be a network');
    attempt(`${field}.dst`, () => parsePrefix(dst));
    const via = gw === undefined || gw === null ? undefined : textOf(gw);
    if (via !== undefined) attempt(`${field}.gw`, () => parseAddress(via));
    const numbers = Object.entries(route).filter(
      ([key, number]) => ['mtu', 'advmss', 'priority', 'table', 'scope'].includes(key) && typeof number === 'number',
    );
    return { dst, ...(via === undefined ? {} : { gw: via }), ...Object.fromEntries(numbers) };
  });
}

/** Addresses that somebody wants to have: runtimes, `args` and `CNI_ARGS` each have a way to say so. */
export function requestedAddresses({ config, arguments: values }: AttachmentRequest<NetworkConfig>): string[] {
  const fromArguments = values.get('IP');
  const fromArgs = config.args?.cni?.['ips'];
  const all: unknown[] = [
    ...(fromArguments === undefined || fromArguments === '' ? [] : fromArguments.split(',')),
    ...(isList(fromArgs) ? fromArgs : []),
    ...(config.runtimeConfig?.ips ?? []),
  ];
  return all.map((one) => {
    const text = textOf(one).trim();
    return attempt('the requested address', () => (parsePrefix(text), text));
  });
}

export function listAt(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (isList(value)) return value;
  throw CniError.invalidConfig(field, 'must be a list');
}

function checkSets(sets: readonly (readonly AddressRange[])[]): void {
  if (sets.length === 0) throw CniError.invalidConfig('ipam.ranges', 'must have at least one range');
  const all = sets.flatMap((ranges, index) => ranges.map((range) => ({ range, index })));
  sets.forEach((ranges, index) => {
    if (ranges.length === 0) throw CniError.invalidConfig(`ipam.ranges[${index}]`, 'must have at least one range');
    if (ranges.some(({ family }) => family !== ranges[0]?.family)) {
      throw CniError.invalidConfig(`ipam.ranges[${index}]`, 'mixes IPv4 and IPv6: use a set for each');
    }
  });
  all.forEach((one, position) => {
    const other = all.slice(position + 1).find(({ range }) => rangesOverlap(one.range, range));
    if (other === undefined) return;
    const problem = `has ${rangeText(one.range)} and ${rangeText(other.range)}, which overlap`;
    throw CniError.invalidConfig(`ipam.ranges[${one.index}]`, problem);
  });
}

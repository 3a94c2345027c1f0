/** Results as each version has them. */
import { compareVersions, cniVersions } from '@kubewright/cni-sdk';
import type { CniVersion, CniJson } from '@kubewright/cni-sdk';
import { addressFamily, parseAddress, parseMac, parsePrefix } from '@kubewright/linux';
import { section } from '../check/check.js';
import { demand, equal } from '../call/verdict.js';
import type { Check } from '../check/check.js';
import { isObject } from '../call/reply.js';

/** One check for each version. */
export const resultChecks: readonly Check[] = cniVersions.map((version) => ({
  id: `add.result-${version}`,
  rule: `ADD with a configuration of ${version} prints a result in the shape of ${version}.`,
  section: section(5, 'ADD Success'),
  needs: { root: true, version, ...(atLeast(version, '0.3.0') ? {} : { kinds: ['interface', 'ipam', 'loopback'] }) },
  async run(session) {
    const { json } = await session.add(await session.container(), { version });
    equal(json['cniVersion'], version, 'cniVersion');
    if (atLeast(version, '0.3.0')) checkResult(json, version, session.profile.kind === 'ipam');
    else checkOldResult(json);
    checkDns(json['dns']);
  },
}));

function checkResult(json: CniJson, version: CniVersion, ipam: boolean): void {
  const interfaces = listOf(json, 'interfaces');
  if (ipam) demand(!('interfaces' in json), 'an address manager reports interfaces');
  for (const one of interfaces) {
    demand(typeof one['name'] === 'string' && one['name'] !== '', 'an interface has no name');
    optional(one, 'mac', 'a hardware address', parseMac);
    optional(one, 'sandbox', 'a text', () => undefined);
    if (one['mtu'] !== undefined) {
      demand(Number.isSafeInteger(one['mtu']), `mtu ${JSON.stringify(one['mtu'])} is no number`);
    }
  }
  for (const one of listOf(json, 'ips')) checkAddress(one, version, interfaces.length, ipam);
  for (const one of listOf(json, 'routes')) checkRoute(one);
  demand(!('ip4' in json) && !('ip6' in json), `the result has ip4 or ip6, which ended with 0.2.0`);
}

function checkAddress(one: CniJson, version: CniVersion, interfaces: number, ipam: boolean): void {
  const { address } = one;
  demand(typeof address === 'string' && address.includes('/'), `${JSON.stringify(address)} has no prefix length`);
  valid(address, 'an address with a prefix length', parsePrefix);
  optional(one, 'gateway', 'an IP address', parseAddress);
  if (atLeast(version, '1.0.0')) demand(!('version' in one), `ips[].version ended with 0.4.0`);
  else equal(one['version'], String(addressFamily(parsePrefix(address).address)), `ips[].version of ${address}`);
  const position = one['interface'];
  if (position === undefined) return;
  demand(!ipam, 'an address manager reports the interface of an address');
  const inside =
    typeof position === 'number' && Number.isSafeInteger(position) && position >= 0 && position < interfaces;
  demand(inside, `ips[].interface ${JSON.stringify(position)} is no position among ${interfaces} interface(s)`);
}

function checkRoute(one: CniJson): void {
  const { dst } = one;
  demand(typeof dst === 'string' && dst.includes('/'), `the route's dst ${JSON.stringify(dst)} has no prefix length`);
  valid(dst, 'a network', parsePrefix);
  optional(one, 'gw', 'an IP address', parseAddress);
}

/** 0.1.0 and 0.2.0: one address of each family. */
function checkOldResult(json: CniJson): void {
  demand('ip4' in json || 'ip6' in json, 'the result has neither ip4 nor ip6');
  demand(!('ips' in json) && !('interfaces' in json), 'the result has ips or interfaces, which came with 0.3.0');
  for (const key of ['ip4', 'ip6'] as const) {
    const family = json[key];
    if (family === undefined || family === null) continue;
    demand(isObject(family), `${key} is no object`);
    const { ip } = family;
    demand(typeof ip === 'string' && ip.includes('/'), `${key}.ip ${JSON.stringify(ip)} has no prefix length`);
    valid(ip, 'an address with a prefix length', parsePrefix);
    equal(addressFamily(parsePrefix(ip).address), key === 'ip4' ? 4 : 6, `the family of ${key}.ip`);
    optional(family, 'gateway', 'an IP address', parseAddress);
    for (const one of listOf(family, 'routes')) checkRoute(one);
  }
}

function checkDns(dns: unknown): void {
  if (dns === undefined || dns === null) return;
  demand(isObject(dns), 'dns is no object');
  for (const key of ['nameservers', 'search', 'options']) {
    const list = dns[key];
    if (list === undefined || list === null) continue;
    demand(Array.isArray(list) && list.every((one) => typeof one === 'string'), `dns.${key} is no list of texts`);
  }
  optional(dns, 'domain', 'a text', () => undefined);
}

function listOf(json: CniJson, key: string): CniJson[] {
  const list = json[key];
  // The reference library prints an absent list as null in some versions.
  if (list === undefined || list === null) return [];
  demand(Array.isArray(list) && list.every(isObject), `${key} is no list of objects`);
  return list;
}

function optional(json: CniJson, key: string, what: string, parse: (text: string) => unknown): void {
  const value = json[key];
  if (value === undefined || value === null || value === '') return;
  demand(typeof value === 'string', `${key} ${JSON.stringify(value)} is not ${what}`);
  valid(value, what, parse);
}

function valid(text: string, what: string, parse: (text: string) => unknown): void {
  let fits = true;
  try {
    parse(text);
  } catch {
    fits = false;
  }
  demand(fits, `'${text}' is not ${what}`);
}

function atLeast(version: CniVersion, minimum: CniVersion): boolean {
  return compareVersions(version, minimum) >= 0;
}

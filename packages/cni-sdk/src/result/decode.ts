import { parseAddress, parsePrefix } from '@kubewright/linux';
import { isRecord } from '@kubewright/core';
import { CniError, cniErrorCode } from '../errors.js';
import { configVersion, isAtLeast } from '../version/version.js';
import type { CniVersion } from '../version/version.js';
import type { CniJson } from './encode.js';
import type { CniAddress, CniDns, CniInterface, CniResult, CniRoute } from './result.js';

/**
 * Reads a result of any version. Fields that its version does not have are kept where a newer one has them.
 *
 * @param value - parsed JSON.
 * @param assumed - the version of a result that names none: that of the configuration.
 * @throws CniError 6 that names the field.
 */
export function decodeResult(value: unknown, assumed: CniVersion): CniResult {
  const body = object(value, 'result');
  const version =
    body['cniVersion'] === undefined || body['cniVersion'] === '' ? assumed : configVersion(body['cniVersion']);
  return isAtLeast(version, '0.3.0') ? decodeNew(body) : decodeOld(body);
}

function decodeNew(body: CniJson): CniResult {
  const interfaces = list(body['interfaces'], 'interfaces', decodeInterface);
  const ips = list(body['ips'], 'ips', (one, at) => decodeAddress(one, at, interfaces?.length ?? 0));
  return assemble(interfaces, ips, list(body['routes'], 'routes', decodeRoute), decodeDns(body['dns']));
}

function decodeOld(body: CniJson): CniResult {
  const ips: CniAddress[] = [];
  const routes: CniRoute[] = [];
  for (const key of ['ip4', 'ip6']) {
    if (body[key] === undefined || body[key] === null) continue;
    const family = object(body[key], key);
    const gateway = optionalAddress(family['gateway'], `${key}.gateway`);
    ips.push({ address: prefix(family['ip'], `${key}.ip`), ...(gateway === undefined ? {} : { gateway }) });
    routes.push(...(list(family['routes'], `${key}.routes`, decodeRoute) ?? []));
  }
  return assemble(undefined, ips, routes.length === 0 ? undefined : routes, decodeDns(body['dns']));
}

function assemble(
  interfaces: readonly CniInterface[] | undefined,
  ips: readonly CniAddress[] | undefined,
  routes: readonly CniRoute[] | undefined,
  dns: CniDns | undefined,
): CniResult {
  return {
    ...(interfaces === undefined ? {} : { interfaces }),
    ...(ips === undefined ? {} : { ips }),
    ...(routes === undefined ? {} : { routes }),
    ...(dns === undefined ? {} : { dns }),
  };
}

function decodeInterface(value: unknown, at: string): CniInterface {
  const body = object(value, at);
  return {
    name: text(body['name'], `${at}.name`) ?? '',
    ...defined('mac', text(body['mac'], `${at}.mac`)),
    ...defined('mtu', count(body['mtu'], `${at}.mtu`)),
    ...defined('sandbox', text(body['sandbox'], `${at}.sandbox`)),
    ...defined('socketPath', text(body['socketPath'], `${at}.socketPath`)),
    ...defined('pciID', text(body['pciID'], `${at}.pciID`)),
  };
}

/** An index that points to no interface says nothing; some plugins write -1. The reference library takes it. */
function decodeAddress(value: unknown, at: string, interfaces: number): CniAddress {
  const body = object(value, at);
  const position = whole(body['interface'], `${at}.interface`);
  const points = position !== undefined && position >= 0 && position < interfaces;
  return {
    address: prefix(body['address'], `${at}.address`),
    ...defined('gateway', optionalAddress(body['gateway'], `${at}.gateway`)),
    ...defined('interface', points ? position : undefined),
  };
}

function decodeRoute(value: unknown, at: string): CniRoute {
  const body = object(value, at);
  return {
    dst: prefix(body['dst'], `${at}.dst`),
    ...defined('gw', optionalAddress(body['gw'], `${at}.gw`)),
    ...defined('mtu', count(body['mtu'], `${at}.mtu`)),
    ...defined('advmss', count(body['advmss'], `${at}.advmss`)),
    ...defined('priority', count(body['priority'], `${at}.priority`)),
    ...defined('table', count(body['table'], `${at}.table`)),
    ...defined('scope', count(body['scope'], `${at}.scope`)),
  };
}

function decodeDns(value: unknown): CniDns | undefined {
  if (value === undefined || value === null) return undefined;
  const body = object(value, 'dns');
  const texts = (key: string): readonly string[] | undefined =>
    list(body[key], `dns.${key}`, (one, at) => text(one, at) ?? '');
  const dns = {
    ...defined('nameservers', texts('nameservers')),
    ...defined('domain', text(body['domain'], 'dns.domain')),
    ...defined('search', texts('search')),
    ...defined('options', texts('options')),
  };
  return Object.keys(dns).length === 0 ? undefined : dns;
}

function list<T>(value: unknown, at: string, decode: (one: unknown, at: string) => T): T[] | undefined {
  // The reference library prints an absent list as null in some versions.
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw wrong(at, 'must be a list');
  return value.map((one: unknown, index) => decode(one, `${at}[${index}]`));
}

function object(value: unknown, at: string): CniJson {
  if (isRecord(value)) return value;
  throw wrong(at, 'must be an object');
}

function text(value: unknown, at: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw wrong(at, 'must be a string');
  return value;
}

function count(value: unknown, at: string): number | undefined {
  const number = whole(value, at);
  if (number !== undefined && number < 0) throw wrong(at, 'must not be negative');
  return number;
}

function whole(value: unknown, at: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrong(at, 'must be a whole number');
  return value;
}

function prefix(value: unknown, at: string): string {
  return checked(value, at, 'must be an address with a prefix length', (one) => {
    if (!one.includes('/')) throw new Error('no length');
    parsePrefix(one);
  });
}

function optionalAddress(value: unknown, at: string): string | undefined {
  return value === undefined || value === null || value === ''
    ? undefined
    : checked(value, at, 'must be an IP address', parseAddress);
}

function checked(value: unknown, at: string, rule: string, check: (one: string) => unknown): string {
  if (typeof value !== 'string') throw wrong(at, rule);
  try {
    check(value);
  } catch (cause) {
    throw wrong(at, `${rule}, not '${value}'`, cause);
  }
  return value;
}

function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

function wrong(at: string, problem: string, cause?: unknown): CniError {
  return new CniError(cniErrorCode.decodingFailure, `the result cannot be read: ${at} ${problem}`, '', { cause });
}

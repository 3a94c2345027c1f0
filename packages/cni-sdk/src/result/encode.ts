import { addressFamily, parsePrefix } from '@kubewright/linux';
import { CniError, cniErrorCode } from '../errors.js';
import { isAtLeast } from '../version/version.js';
import type { CniVersion } from '../version/version.js';
import type { CniDns, CniResult } from './result.js';

export type CniJson = Readonly<Record<string, unknown>>;

/** The JSON of a result in a version's own shape, `cniVersion` included. @throws CniError where that version cannot say it. */
export function encodeResult(result: CniResult, version: CniVersion): CniJson {
  if (!isAtLeast(version, '0.3.0')) return encodeOld(result, version);
  const dns = encodeDns(result.dns);
  return {
    cniVersion: version,
    ...(result.interfaces === undefined || result.interfaces.length === 0
      ? {}
      : { interfaces: isAtLeast(version, '1.0.0') ? result.interfaces : result.interfaces.map(withoutNewFields) }),
    ...(result.ips === undefined || result.ips.length === 0
      ? {}
      : {
          ips: isAtLeast(version, '1.0.0')
            ? result.ips
            : result.ips.map((ip) => ({ version: familyName(ip.address), ...ip })),
        }),
    ...(result.routes === undefined || result.routes.length === 0 ? {} : { routes: result.routes }),
    ...(dns === undefined ? {} : { dns }),
  };
}

/** Versions 0.1.0 and 0.2.0 know one address of each family, and the routes of that family with it. */
function encodeOld(result: CniResult, version: CniVersion): CniJson {
  const v4 = encodeFamily(result, 4);
  const v6 = encodeFamily(result, 6);
  if (v4 === undefined && v6 === undefined) {
    throw new CniError(cniErrorCode.internal, `cannot convert the result to ${version}: no valid IP addresses`);
  }
  const dns = encodeDns(result.dns);
  return {
    cniVersion: version,
    ...(v4 === undefined ? {} : { ip4: v4 }),
    ...(v6 === undefined ? {} : { ip6: v6 }),
    ...(dns === undefined ? {} : { dns }),
  };
}

function encodeFamily(result: CniResult, family: 4 | 6): CniJson | undefined {
  const first = result.ips?.find(({ address }) => familyOf(address) === family);
  if (first === undefined) return undefined;
  const routes = (result.routes ?? [])
    .filter(({ dst }) => familyOf(dst) === family)
    .map(({ dst, gw }) => (gw === undefined ? { dst } : { dst, gw }));
  return {
    ip: first.address,
    ...(first.gateway === undefined ? {} : { gateway: first.gateway }),
    ...(routes.length === 0 ? {} : { routes }),
  };
}

function withoutNewFields({ name, mac, sandbox }: { name: string; mac?: string; sandbox?: string }): CniJson {
  return { name, ...(mac === undefined ? {} : { mac }), ...(sandbox === undefined ? {} : { sandbox }) };
}

function encodeDns(dns: CniDns | undefined): CniJson | undefined {
  if (dns === undefined) return undefined;
  const filled = Object.entries(dns).filter(([, value]) => value !== undefined && value.length > 0);
  return filled.length === 0 ? undefined : Object.fromEntries(filled);
}

function familyName(address: string): string {
  return String(familyOf(address));
}

function familyOf(prefix: string): 4 | 6 {
  return addressFamily(parsePrefix(prefix).address);
}

import type { CniAddress, CniInterface, CniResult, CniRoute } from '@kubewright/cni-sdk';
import { addAddress, addRoute, setLink, updateSysctl } from '@kubewright/linux';
import type { Link, NetlinkRequest, NetworkNamespace, Rtnetlink, RouteSpec } from '@kubewright/linux';
import { familyOf } from '../config/families.js';
import { requireAccepted, checkFailure, requireLink } from '../host/answers.js';
import { linkIndex } from './link-index.js';

export interface InterfaceOptions {
  /** Whether IPv6 looks for another host with the address before it is used: that takes a second or more. */
  readonly duplicateDetection: boolean;
}

/** Sets the kernel parameters that IPv6 needs of an interface in its pod, before it is up. */
export function preparePodInterface(
  namespace: NetworkNamespace,
  name: string,
  result: CniResult,
  { duplicateDetection }: InterfaceOptions,
): void {
  if (result.ips?.some(({ address }) => familyOf(address) === 6) !== true) return;
  const parameters = {
    [`net/ipv6/conf/${name}/disable_ipv6`]: 0,
    [`net/ipv6/conf/${name}/keep_addr_on_down`]: 1,
    // As arp_notify does for IPv4.
    [`net/ipv6/conf/${name}/ndisc_notify`]: 1,
    ...(duplicateDetection ? {} : { [`net/ipv6/conf/${name}/accept_dad`]: 0 }),
  };
  updateSysctl(parameters, { namespace });
}

/** Brings an interface up that has its addresses already, so that neighbours hear of their new owner. Pure. */
export function bringUp(link: number, addresses: readonly NetlinkRequest[]): NetlinkRequest[] {
  return [setLink(link, { arpNotify: true }), ...addresses, setLink(link, { up: true })];
}

/**
 * Tells neighbours whose the addresses of an interface are, once they can hear it: what was said when it came up was lost where a
 * bridge did not forward yet. The kernel does so whenever a hardware address is set, be it the same. Nobody waits for it: what it
 * says may be lost on its way, too.
 */
export function announce(pod: Rtnetlink, { index, mac }: Link): void {
  if (mac !== undefined) void pod.settle([setLink(index, { mac })]).catch(() => undefined);
}

/** Brings an interface up with the addresses and routes of a result, and tells what became of it. */
export async function configurePodInterface(
  pod: Rtnetlink,
  link: number,
  result: CniResult,
  options: InterfaceOptions,
): Promise<Link> {
  const addresses = (result.ips ?? []).map(({ address }) =>
    addAddress({ link, address, noDuplicateDetection: !options.duplicateDetection && familyOf(address) === 6 }),
  );
  const routes = podRoutes(link, result).map(addRoute);
  const requests = [...bringUp(link, addresses), ...routes];
  const { answers, links } = await pod.settleAndShow(requests, [link]);
  requireAccepted(requests, answers, ['EEXIST']);
  return requireLink(links[0]);
}

/** The routes of a result: each through its own gateway, or that of the address of its family. */
export function podRoutes(link: number, { ips = [], routes = [] }: CniResult): RouteSpec[] {
  return routes.map((route) => routeSpec(link, route, ips));
}

/** @throws CniError where the interface lacks an address or a route of the result. */
export async function checkPodInterface(
  pod: Rtnetlink,
  ifName: string,
  result: CniResult,
  { up = true }: { readonly up?: boolean } = {},
): Promise<void> {
  const link = await pod.link(ifName);
  if (link === undefined || (up && !link.up))
    throw checkFailure(`the interface '${ifName}' is ${link === undefined ? 'missing' : 'down'}`);
  const mine = linkIndex(result, ifName);
  const present = new Set((await pod.addresses({ link: link.index })).map(({ address }) => address));
  const expected = (result.ips ?? []).filter((ip) => ip.interface === undefined || ip.interface === mine);
  const missing = expected.find(({ address }) => !present.has(address));
  if (missing !== undefined) throw checkFailure(`the interface '${ifName}' lacks the address ${missing.address}`);
  for (const family of [4, 6] as const) {
    const wanted = (result.routes ?? []).filter(({ dst }) => familyOf(dst) === family);
    if (wanted.length === 0) continue;
    const routes = new Set((await pod.routes({ family })).map(({ destination }) => destination));
    const absent = wanted.find(({ dst }) => !routes.has(dst));
    if (absent !== undefined) throw checkFailure(`the route to ${absent.dst} is missing`);
  }
}

/** A link as results describe it. */
export function interfaceOf({ name, mac, mtu }: Link): CniInterface {
  return { name, ...(mac === undefined ? {} : { mac }), mtu };
}

function routeSpec(link: number, route: CniRoute, ips: readonly CniAddress[]): RouteSpec {
  const family = familyOf(route.dst);
  const gateway = route.gw ?? ips.find((ip) => familyOf(ip.address) === family)?.gateway;
  const scope = scopeNames[route.scope ?? -1];
  return {
    destination: route.dst,
    link,
    ...(gateway === undefined || scope === 'link' ? {} : { gateway }),
    ...(route.mtu === undefined ? {} : { mtu: route.mtu }),
    ...(route.advmss === undefined ? {} : { advertisedMss: route.advmss }),
    ...(route.priority === undefined ? {} : { priority: route.priority }),
    ...(route.table === undefined ? {} : { table: route.table }),
    ...(scope === undefined ? {} : { scope }),
  };
}

/** Scopes by the numbers that results carry, from linux/rtnetlink.h. */
const scopeNames: Readonly<Record<number, 'global' | 'site' | 'link' | 'host'>> = {
  0: 'global',
  200: 'site',
  253: 'link',
  254: 'host',
};

import type { CniAddress, CniResult } from '@kubewright/cni-sdk';
import { networkOf, parsePrefix } from '@kubewright/linux';
import { defaultRoutes, familyOf } from '../config/families.js';
import { addressNumber, numberAddress } from '../ipam/range.js';
import type { BridgeConfig } from './bridge-config.js';

export interface GatewayPlan {
  /** The addresses for the pod, gateways filled in. */
  readonly result: CniResult;
  /** What the bridge must have, with the lengths of the networks. */
  readonly bridgeAddresses: readonly string[];
}

/** What a gateway needs of the bridge and of the pod. Pure. @param interfaceIndex - of the pod's end in the result. */
export function planGateways(config: BridgeConfig, ipam: CniResult, interfaceIndex: number): GatewayPlan {
  const isGateway = config.isGateway || config.isDefaultGateway;
  const ips = (ipam.ips ?? []).map((ip): CniAddress => {
    const gateway = ip.gateway ?? (isGateway ? firstOf(ip.address) : undefined);
    return { address: ip.address, interface: interfaceIndex, ...(gateway === undefined ? {} : { gateway }) };
  });
  const routes = [...(ipam.routes ?? [])];
  if (config.isDefaultGateway) {
    for (const family of [4, 6] as const) {
      const dst = defaultRoutes[family];
      const gateway = ips.find((ip) => familyOf(ip.address) === family)?.gateway;
      const present = routes.some((route) => route.dst === dst);
      if (gateway !== undefined && !present) routes.push({ dst, gw: gateway });
    }
  }
  const dns = config.dns ?? ipam.dns;
  return {
    result: { ips, ...(routes.length === 0 ? {} : { routes }), ...(dns === undefined ? {} : { dns }) },
    bridgeAddresses: isGateway
      ? ips.flatMap(({ address, gateway }) =>
          gateway === undefined ? [] : [`${gateway}/${parsePrefix(address).length}`],
        )
      : [],
  };
}

/** By convention the first address of a network is its gateway's. */
function firstOf(address: string): string {
  const network = parsePrefix(networkOf(address)).address;
  return numberAddress(addressNumber(network) + 1n, familyOf(address));
}

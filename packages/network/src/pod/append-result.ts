/**
 * A pod's side: giving an interface its addresses and routes, and looking whether it has them. What the interface is connected to is
 * the plugins' part; `pod-namespace` opens the way to it.
 */
import type { CniResult } from '@kubewright/cni-sdk';

/**
 * A result behind that of the plugins which ran before in the chain: what these made comes first, so that their addresses keep
 * pointing to their interfaces. Pure.
 *
 * @see CNI 1.1.0 §2 ADD: a plugin that is given prevResult hands it on, with its own changes.
 */
export function appendResult(before: CniResult | undefined, own: CniResult): CniResult {
  if (before === undefined) return own;
  const { interfaces = [], ips = [], routes = [] } = before;
  const shifted = (own.ips ?? []).map((ip) =>
    ip.interface === undefined ? ip : { ...ip, interface: ip.interface + interfaces.length },
  );
  return {
    ...before,
    ...own,
    interfaces: [...interfaces, ...(own.interfaces ?? [])],
    ips: [...ips, ...shifted],
    routes: [...routes, ...(own.routes ?? [])],
    dns: { ...before.dns, ...own.dns },
  };
}

import type { CniResult } from '@kubewright/cni-sdk';

/** The position of the pod's interface in a result; -1 where it is not there. */
export function linkIndex(result: CniResult, ifName: string): number {
  return result.interfaces?.findIndex(({ name, sandbox }) => name === ifName && isSet(sandbox)) ?? -1;
}

/** The addresses that a result gives the pod's interface, and to no other of the chain. */
export function addressesOf(result: CniResult | undefined, ifName: string): string[] {
  const position = result === undefined ? -1 : linkIndex(result, ifName);
  return (result?.ips ?? []).filter((ip) => ip.interface === position).map(({ address }) => address);
}

/** The first interface of a result that is on the machine's side. */
export function hostInterface(result: CniResult | undefined): string | undefined {
  return result?.interfaces?.find(({ sandbox }) => !isSet(sandbox))?.name;
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== '';
}

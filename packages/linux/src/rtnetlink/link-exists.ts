import { existsSync } from 'node:fs';
import type { NetworkNamespace } from '../namespaces/network-namespace.js';
import { sysctlPath } from '../sysctl/sysctl.js';

/**
 * Whether a link has this name, without waiting: links have a directory of kernel parameters, and looking for it takes no
 * lock that a change of links may hold. It is a hint. A link whose MTU is below 68 has no such directory, and
 * the next moment it may be otherwise; what must not be there twice, the kernel refuses to make.
 */
export function linkExists(name: string, { namespace }: { readonly namespace?: NetworkNamespace } = {}): boolean {
  const path = sysctlPath(`net/ipv4/conf/${name}`);
  return namespace === undefined ? existsSync(path) : namespace.run(() => existsSync(path));
}

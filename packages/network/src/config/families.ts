/** Reading configurations: values and their errors, as several plugins need them. */
import { addressFamily, parsePrefix } from '@kubewright/linux';

/** Where everything goes that has no better way. */
export const defaultRoutes = { 4: '0.0.0.0/0', 6: '::/0' } as const;

/** Of a network, or of an address with the length of its network. */
export function familyOf(cidr: string): 4 | 6 {
  return addressFamily(parsePrefix(cidr).address);
}

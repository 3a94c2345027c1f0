import {
  action,
  addChain,
  addNftRule,
  addTable,
  addressFamily,
  flushChain,
  match,
  networkOf,
  parsePrefix,
} from '@kubewright/linux';
import type { NetlinkRequest, NftChain } from '@kubewright/linux';
import { multicast } from '../host/masquerade.js';
import type { PacketFilter } from '../host/packet-filter.js';
import { cniTable } from '../host/table.js';

/** 100 is the priority of source translation. */
const chain: NftChain = {
  table: cniTable,
  name: 'overlay',
  hook: { type: 'nat', at: 'postrouting', priority: 100 },
};

/**
 * Lets the pods of this machine speak to the world with the machine's address, and to pods of other machines with their own:
 * what leaves by the tunnels is left alone. The rules are replaced in one step, and only where they differ.
 *
 * @param networks - those of this machine's pods; none takes the rules away.
 */
export async function masqueradeOutside(
  filter: PacketFilter,
  device: string,
  networks: readonly string[],
): Promise<void> {
  const wanted = networks.map((network) => ({ comment: `${networkOf(network)} not by ${device}`, network }));
  const present = await filter.rules(chain);
  const same =
    present.length === wanted.length && present.every(({ comment }, index) => comment === wanted[index]?.comment);
  if (same) return;
  const rules = wanted.map(({ comment, network }) => ruleFor(network, device, comment));
  await filter.commit(addTable(cniTable), addChain(chain), flushChain(chain), ...rules);
}

function ruleFor(network: string, device: string, comment: string): NetlinkRequest {
  const expressions = [
    ...match.source(network),
    ...match.destination(network, { not: true }),
    ...match.destination(multicast[addressFamily(parsePrefix(network).address)], { not: true }),
    ...match.outgoingInterface(device, { not: true }),
    ...action.masquerade(),
  ];
  return addNftRule({ chain, expressions, comment });
}

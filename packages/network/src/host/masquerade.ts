import {
  action,
  addElements,
  addNftRule,
  addSet,
  addressFamily,
  deleteElements,
  encodeKey,
  match,
  networkOf,
  parseAddress,
  parsePrefix,
} from '@kubewright/linux';
import type { NetlinkRequest, NftElement, NftSet } from '@kubewright/linux';
import type { PacketFilter } from './packet-filter.js';
import { cniTable, postrouting, tableWith } from './table.js';

/** Multicast keeps its source: the answers do not come to it. */
export const multicast = { 4: '224.0.0.0/4', 6: 'ff00::/8' } as const;

/**
 * Lets pods speak to the world with the machine's address. Each network of pods has a set of their addresses and a rule: what
 * comes from the set and goes neither to the same network nor to a multicast group is masqueraded. Connecting a pod adds
 * one element, which takes a fraction of what a new rule does.
 */
export class Masquerade {
  readonly #filter: () => PacketFilter;

  /** @param filter - opened when it is needed. */
  constructor(filter: () => PacketFilter) {
    this.#filter = filter;
  }

  /** @param addresses - with the lengths of their networks. What is there already is no error. */
  async add(addresses: readonly string[]): Promise<void> {
    const commits = addresses.map((address) =>
      this.#filter().commitInto(() => foundation(address), ...addElements(setOf(address), elementsOf(address))),
    );
    await Promise.all(commits);
  }

  /** What is not there is no error. */
  async delete(addresses: readonly string[]): Promise<void> {
    // A deletion of what is missing would be refused, so each is added first; both happen in one step.
    const commits = addresses.map((address) => {
      const [set, elements] = [setOf(address), elementsOf(address)];
      return this.#filter().commitDeletion(...addElements(set, elements), ...deleteElements(set, elements));
    });
    await Promise.all(commits);
  }

  /** The addresses that are not masqueraded. */
  async missing(addresses: readonly string[]): Promise<string[]> {
    const checked = addresses.map(async (address) => {
      const set = setOf(address);
      const wanted = encodeKey(set.key, [parsePrefix(address).address]);
      return (await this.#filter().keys(set)).some((key) => key.equals(wanted)) ? [] : [address];
    });
    return (await Promise.all(checked)).flat();
  }
}

function setOf(address: string): NftSet {
  const network = parsePrefix(networkOf(address));
  const name = `masquerade-${Buffer.from(parseAddress(network.address)).toString('hex')}-${network.length}`;
  return { table: cniTable, name, key: [addressFamily(network.address) === 4 ? 'ipv4' : 'ipv6'] };
}

function elementsOf(address: string): NftElement[] {
  return [{ key: [parsePrefix(address).address] }];
}

function foundation(address: string): NetlinkRequest[] {
  const set = setOf(address);
  const family = addressFamily(parsePrefix(address).address);
  const expressions = [
    ...match.inSet(set.name, [`sourceV${family}`]),
    ...match.destination(networkOf(address), { not: true }),
    ...match.destination(multicast[family], { not: true }),
    ...action.masquerade(),
  ];
  return [...tableWith(postrouting), addSet(set), addNftRule({ chain: postrouting, expressions, comment: set.name })];
}

/**
 * nftables through nfnetlink: tables, chains, rules, sets and maps, changed in transactions. `values` are what sets hold and
 * rules compare, `expressions` what rules are made of, `changes` the requests, and `Nftables` sends them. Which rules a
 * network needs is decided elsewhere.
 */
import type { NetworkNamespace } from '../namespaces/network-namespace.js';
import { AttributeMap, attribute, listAttributes } from '../netlink/attributes.js';
import type { Attribute } from '../netlink/attributes.js';
import { refusal } from '../netlink/message.js';
import type { NetlinkRequest } from '../netlink/message.js';
import { NetlinkSocket } from '../netlink/socket.js';
import { nftFamilies, nftHeader, nftMessageType } from './changes.js';
import type { NftChain, NftSet, NftTable } from './changes.js';

const netfilterProtocol = 12;
const nftSubsystem = 10;
const batch = { begin: 16, end: 17 } as const;
const listing = { tables: 1, rules: 7, elements: 13 } as const;
const headerLength = 4;
/** Flag of the element that ends a range. */
const intervalEnd = 1;

export interface NftListedRule {
  readonly handle: bigint;
  readonly comment?: string;
}

/** The packet filter of one namespace, without the `nft` tool. The owner closes it. */
export class Nftables implements AsyncDisposable {
  readonly #socket: NetlinkSocket;

  private constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  /** @param options - `namespace`: whose filter. Default: the process's own. */
  static open(options: { readonly namespace?: NetworkNamespace } = {}): Nftables {
    return new Nftables(NetlinkSocket.open({ protocol: netfilterProtocol, ...options }));
  }

  /**
   * Makes all changes at once, or none. Packets see the state before or after. Rules and deletions wait some 15 ms for
   * readers; elements that are added to a set do not: prefer sets for what changes often.
   * @throws KW_LINUX_NETLINK of the first change that was refused.
   */
  async commit(...changes: readonly NetlinkRequest[]): Promise<void> {
    if (changes.length === 0) return;
    const frame = (type: number): NetlinkRequest => ({
      purpose: 'change the packet filter',
      type,
      flags: 0,
      header: nftHeader(0, nftSubsystem),
      attributes: [],
    });
    const answers = await this.#socket.transaction(frame(batch.begin), changes, frame(batch.end));
    answers.forEach((answer, index) => {
      const change = changes[index];
      if (answer.errno !== 0 && change !== undefined) throw refusal(change, answer, index);
    });
  }

  /** Names of the tables of a family. */
  tables(family: NftTable['family']): Promise<string[]> {
    return this.#list(listing.tables, family, 'list tables', [], (table) => table.text(1));
  }

  /** The rules of a chain, in their order. */
  rules({ table, name }: NftChain): Promise<NftListedRule[]> {
    const attributes = [attribute.text(1, table.name), attribute.text(2, name)];
    return this.#list(listing.rules, table.family, `list the rules of ${name}`, attributes, (rule) => {
      const comment = readComment(rule.bytes(7));
      return { handle: rule.u64be(3) ?? 0n, ...(comment === undefined ? {} : { comment }) };
    });
  }

  /** The keys of a set as bytes, as `encodeKey` makes them; of ranges their starts. */
  async keys({ table, name }: Pick<NftSet, 'table' | 'name'>): Promise<Buffer[]> {
    const attributes = [attribute.text(1, table.name), attribute.text(2, name)];
    const purpose = `list the elements of ${name}`;
    const parts = await this.#list(listing.elements, table.family, purpose, attributes, (answer) =>
      readKeys(answer.bytes(3) ?? Buffer.alloc(0)),
    );
    return parts.flat();
  }

  close(): Promise<void> {
    return this.#socket.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #list<T>(
    message: number,
    family: NftTable['family'],
    purpose: string,
    attributes: readonly Attribute[],
    read: (answer: AttributeMap) => T | undefined,
  ): Promise<T[]> {
    const header = nftHeader(nftFamilies[family]);
    const request = { purpose, type: nftMessageType(message), flags: 0, header, attributes };
    return this.#socket.dump(request, ({ body }) => read(new AttributeMap(body.subarray(headerLength))));
  }
}

/** Copies: the message they stand in is overwritten by the next. */
function readKeys(list: Buffer): Buffer[] {
  return listAttributes(list).flatMap(({ value }) => {
    const element = new AttributeMap(value);
    const key = element.u32be(3) === intervalEnd ? undefined : element.nest(1)?.bytes(1);
    return key === undefined ? [] : [Buffer.from(key)];
  });
}

function readComment(data: Buffer | undefined): string | undefined {
  if (data === undefined || data.length < 3 || data[0] !== 0) return undefined;
  return data.toString('utf8', 2, 2 + (data[1] ?? 0) - 1);
}

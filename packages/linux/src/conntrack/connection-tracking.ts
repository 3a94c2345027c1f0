/**
 * Connection tracking through nfnetlink (ctnetlink): what the kernel remembers of flows. Message and attribute numbers are those of
 * linux/netfilter/nfnetlink_conntrack.h. Which addresses are translated is decided by `nftables`.
 */
import { parseAddress } from '../ip/address.js';
import type { NetworkNamespace } from '../namespaces/network-namespace.js';
import { attribute, AttributeMap } from '../netlink/attributes.js';
import type { Attribute } from '../netlink/attributes.js';
import { isRefusal, refusal } from '../netlink/message.js';
import type { NetlinkMessage, NetlinkRequest } from '../netlink/message.js';
import { NetlinkSocket } from '../netlink/socket.js';
import { encodeValue } from '../nftables/values.js';

const netfilterProtocol = 12;
const subsystem = 1 << 8;
const message = { get: subsystem | 1, delete: subsystem | 2 } as const;
const headerLength = 4;
const cta = { original: 1, id: 12, zone: 18, filter: 25 } as const;
const tuple = { addresses: 1, protocol: 2 } as const;
const addressAttribute = { destinationV4: 2, destinationV6: 4 } as const;
const protocolAttribute = { number: 1, destinationPort: 3 } as const;
const filterOriginalFlags = 1;
/** Which parts of the flow's first packet count: protocol and destination port. Kernels before 5.8 show all flows. */
const filterFlags = (1 << 3) | (1 << 5);
const families = { 4: 2, 6: 10 } as const;

/** Flows by where their first packet went, before it was translated. */
export interface FlowSelection {
  readonly family: 4 | 6;
  readonly protocol: string;
  readonly port: number;
  /** Default: any. */
  readonly address?: string;
}

/** The flows of one namespace. The owner closes it. */
export class ConnectionTracking implements AsyncDisposable {
  readonly #socket: NetlinkSocket;

  private constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  /** @param options - `namespace`: whose flows. Default: the process's own. */
  static open(options: { readonly namespace?: NetworkNamespace } = {}): ConnectionTracking {
    return new ConnectionTracking(NetlinkSocket.open({ protocol: netfilterProtocol, ...options }));
  }

  /**
   * Forgets flows, so that their next packet is judged by the rules of then: a flow keeps what its first packet got, be it no
   * translation at all. @returns how many there were.
   */
  async forget(selection: FlowSelection): Promise<number> {
    const deletions = await this.#socket.dump(listFlows(selection), (flow) => deletionOf(flow, selection));
    const answers = await this.#socket.settle(deletions);
    answers.forEach((answer, index) => {
      const deletion = deletions[index];
      if (answer.errno === 0 || deletion === undefined) return;
      const refused = refusal(deletion, answer, index);
      // It ended meanwhile.
      if (!isRefusal(refused, 'ENOENT')) throw refused;
    });
    return deletions.length;
  }

  close(): Promise<void> {
    return this.#socket.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function listFlows({ family, protocol, port }: FlowSelection): NetlinkRequest {
  const wanted = [
    attribute.u8(protocolAttribute.number, numberOf(protocol)),
    attribute.u16be(protocolAttribute.destinationPort, port),
  ];
  return request(message.get, `list the flows to ${protocol} port ${port}`, family, [
    attribute.nest(cta.original, [attribute.nest(tuple.protocol, wanted)]),
    attribute.nest(cta.filter, [attribute.u32(filterOriginalFlags, filterFlags)]),
  ]);
}

/** Undefined for a flow that is not meant. */
function deletionOf({ body }: NetlinkMessage, selection: FlowSelection): NetlinkRequest | undefined {
  const flow = new AttributeMap(body.subarray(headerLength));
  const { family, protocol, port, address } = selection;
  const original = flow.nest(cta.original);
  const way = original?.nest(tuple.protocol);
  if (way?.u8(protocolAttribute.number) !== numberOf(protocol)) return undefined;
  if (way?.u16be(protocolAttribute.destinationPort) !== port) return undefined;
  const type = family === 4 ? addressAttribute.destinationV4 : addressAttribute.destinationV6;
  if (address !== undefined && original?.nest(tuple.addresses)?.bytes(type)?.equals(parseAddress(address)) !== true) {
    return undefined;
  }
  // By its number, too: another flow may be where it was by then.
  const identity = [cta.original, cta.id, cta.zone].flatMap((one): Attribute[] => {
    const value = flow.bytes(one);
    return value === undefined ? [] : [{ type: one, value: Buffer.from(value) }];
  });
  return request(message.delete, `forget a flow to ${protocol} port ${port}`, family, identity);
}

function numberOf(protocol: string): number {
  return encodeValue('protocol', protocol).readUInt8();
}

function request(type: number, purpose: string, family: 4 | 6, attributes: readonly Attribute[]): NetlinkRequest {
  const header = Buffer.alloc(headerLength);
  header.writeUInt8(families[family], 0);
  return { purpose, type, flags: 0, header, attributes };
}

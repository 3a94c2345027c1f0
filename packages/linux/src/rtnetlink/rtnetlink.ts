/**
 * rtnetlink: links, addresses, routes, neighbours, rules and queues. Each file builds requests and reads answers of one
 * table, purely; `Rtnetlink` sends them. It decides nothing about a network: that is the plugins' part.
 */
import type { NetworkNamespace } from '../namespaces/network-namespace.js';
import { shownBy } from '../netlink/message.js';
import type { Acknowledgement, NetlinkRequest } from '../netlink/message.js';
import { NetlinkSocket } from '../netlink/socket.js';
import { listAddresses, readAddress } from './address.js';
import type { InterfaceAddress } from './address.js';
import { listBridgeVlans, readBridgeVlans } from './bridge.js';
import type { BridgePortVlans } from './bridge.js';
import { readLinkFlags } from './link-flags.js';
import type { LinkFlags } from './link-flags.js';
import { getLink, listLinks, readLink } from './link.js';
import type { Link, LinkReference } from './link.js';
import { listForwarding, listNeighbours, readForwarding, readNeighbour } from './neighbour.js';
import type { ForwardingEntry, Neighbour } from './neighbour.js';
import { getRateLimit, isRateLimit } from './queue.js';
import type { RateLimit } from './queue.js';
import { getRoute, listRoutes, readRoute, readWay } from './route.js';
import type { Route } from './route.js';

const routeProtocol = 0;

/**
 * The network tables of one namespace. Requests are made by the functions of this folder, and go out together:
 *
 * ```ts
 * await using tables = Rtnetlink.open({ namespace });
 * await tables.run(newLink({ kind: 'dummy', name: 'd0', index: 7, up: true }), addAddress({ link: 7, address: '10.9.0.1/24' }));
 * ```
 *
 * The owner closes it. Calls may be concurrent; the socket takes them in their order.
 */
export class Rtnetlink implements AsyncDisposable {
  readonly #socket: NetlinkSocket;

  private constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  /** @param options - `namespace`: whose tables; it may be closed afterwards. Default: the process's own. */
  static open(options: { readonly namespace?: NetworkNamespace } = {}): Rtnetlink {
    return new Rtnetlink(NetlinkSocket.open({ protocol: routeProtocol, ...options }));
  }

  /** Makes all changes in order. @throws KW_LINUX_NETLINK of the first that was refused; the others were tried all the same. */
  run(...requests: readonly NetlinkRequest[]): Promise<void> {
    return this.#socket.run(...requests);
  }

  /** Makes all changes in order; each one's refusal is a value. */
  settle(requests: readonly NetlinkRequest[]): Promise<Acknowledgement[]> {
    return this.#socket.settle(requests);
  }

  /** As `settle`, and looks at links afterwards; those that are not there are undefined. One exchange takes less than several. */
  async settleAndShow(
    requests: readonly NetlinkRequest[],
    references: readonly LinkReference[],
  ): Promise<{ readonly answers: Acknowledgement[]; readonly links: (Link | undefined)[] }> {
    const questions = references.map(getLink);
    const answers = await this.#socket.settle([...requests, ...questions]);
    const shown = answers.splice(requests.length);
    const links = questions.map((question, index) => {
      const message = shownBy(question, shown[index]);
      return message && readLink(message);
    });
    return { answers, links };
  }

  /** Undefined where there is none. */
  async link(reference: LinkReference): Promise<Link | undefined> {
    return (await this.settleAndShow([], [reference])).links[0];
  }

  /**
   * Looks at a link on this thread, without a turn of the event loop and without waiting for changes in progress.
   * Undefined where the link of this index is gone, or has another name by now.
   */
  linkFlags(index: number, name: string): LinkFlags | undefined {
    return readLinkFlags(this.#socket, index, name);
  }

  links(filter: Parameters<typeof listLinks>[0] = {}): Promise<Link[]> {
    return this.#socket.dump(listLinks(filter), readLink);
  }

  addresses(filter: Parameters<typeof listAddresses>[0] = {}): Promise<InterfaceAddress[]> {
    return this.#socket.dump(listAddresses(filter), readAddress);
  }

  routes(filter: Parameters<typeof listRoutes>[0]): Promise<Route[]> {
    return this.#socket.dump(listRoutes(filter), readRoute);
  }

  /** The way that packets to an address go; undefined where there is none. */
  async routeTo(address: string): Promise<Route | undefined> {
    const question = getRoute(address);
    const message = shownBy(question, (await this.#socket.settle([question]))[0]);
    return message && readWay(message);
  }

  /** Whether `limitRate` with this limit holds for a link. Of an unknown link it is false. */
  async isRateLimited(link: number, limit: RateLimit): Promise<boolean> {
    const question = getRateLimit(link);
    const message = shownBy(question, (await this.#socket.settle([question]))[0]);
    return message !== undefined && isRateLimit(message, limit);
  }

  neighbours(filter: Parameters<typeof listNeighbours>[0] = {}): Promise<Neighbour[]> {
    return this.#socket.dump(listNeighbours(filter), readNeighbour);
  }

  forwarding(filter: Parameters<typeof listForwarding>[0]): Promise<ForwardingEntry[]> {
    return this.#socket.dump(listForwarding(filter), readForwarding);
  }

  bridgeVlans(): Promise<BridgePortVlans[]> {
    return this.#socket.dump(listBridgeVlans(), readBridgeVlans);
  }

  close(): Promise<void> {
    return this.#socket.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

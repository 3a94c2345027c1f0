import {
  addAddress,
  addressFamily,
  deleteAddress,
  deleteForwarding,
  deleteLink,
  deleteNeighbour,
  deleteRoute,
  isRefusal,
  newLink,
  refusal,
  replaceRoute,
  setForwarding,
  setLink,
  setNeighbour,
} from '@kubewright/linux';
import type { ForwardingEntry, InterfaceAddress, Link, Neighbour, NetlinkRequest, Route } from '@kubewright/linux';
import { networkErrors } from '../errors.js';
import type { HostNetwork } from '../host/host-network.js';
import { masqueradeOutside } from './overlay-masquerade.js';
import { overlayMtu, overlayProtocol, planOverlay, tunnelAddress, tunnelMac } from './plan.js';
import type { OverlayNode, OverlayPlan } from './plan.js';

export interface VxlanOptions {
  /** Name of the tunnel's device. Default: `kubewright.1`. */
  readonly device?: string;
  /** The tunnels' network number; equal on all nodes. Default: 1. */
  readonly vni?: number;
  /** UDP port; equal on all nodes. Default: 8472, which Linux and flannel use, too. */
  readonly port?: number;
  /**
   * Whether what pods send to others than pods gets the machine's address. Default: true. The plugin that connects the pods must
   * not do so itself then, as it would for pods of other machines, too.
   */
  readonly masquerade?: boolean;
}

/** What became of an overlay. */
export interface OverlayOutcome {
  /** Of the largest packets that pods of other machines get in one piece, in bytes. */
  readonly mtu: number;
  /** What could not be done: entries that the kernel refused, and nodes whose pod networks cannot be read. */
  readonly problems: readonly Error[];
}

/** Entries of the tables that belong to the device. */
interface Present {
  readonly routes: readonly Route[];
  readonly neighbours: readonly Neighbour[];
  readonly forwarding: readonly ForwardingEntry[];
}

/** Makes a machine's tunnel device and its tables so that the pods of all nodes are reached. */
export class VxlanOverlay {
  readonly #host: HostNetwork;
  readonly #device: string;
  readonly #vni: number;
  readonly #port: number;
  readonly #masquerade: boolean;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(host: HostNetwork, options: VxlanOptions = {}) {
    const { device = 'kubewright.1', vni = 1, port = 8472, masquerade = true } = options;
    this.#host = host;
    this.#masquerade = masquerade;
    this.#device = device;
    this.#vni = vni;
    this.#port = port;
  }

  /**
   * Makes the tables fit these nodes; what leads to other nodes is removed. Calls come one after the other. What is refused stops
   * nothing else.
   *
   * @throws KW_NETWORK_NO_DEVICE where no link has the node's address.
   */
  apply(self: OverlayNode, nodes: readonly OverlayNode[]): Promise<OverlayOutcome> {
    const mine = this.#tail.then(() => this.#apply(self, nodes));
    this.#tail = mine.catch(() => undefined);
    return mine;
  }

  /** Takes the device away, with it all its tables, and the masquerading. */
  async remove(): Promise<void> {
    await this.#tail;
    const present = await this.#host.tables.link(this.#device);
    if (present !== undefined) await this.#host.tables.run(deleteLink(present.index));
    await masqueradeOutside(this.#host.filter, this.#device, []);
  }

  async #apply(self: OverlayNode, nodes: readonly OverlayNode[]): Promise<OverlayOutcome> {
    const { tables } = this.#host;
    const { index, mtu } = await this.#ensureDevice(self);
    await masqueradeOutside(this.#host.filter, this.#device, this.#masquerade ? self.podNetworks : []);
    const addresses = await this.#settle(addressChanges(index, await tables.addresses({ link: index }), self));
    const { plan, unusable } = planOverlay(self.name, nodes);
    const entries = await this.#settle(overlayChanges(index, await this.#present(index), plan));
    return { mtu, problems: [...unusable, ...addresses, ...entries] };
  }

  async #present(index: number): Promise<Present> {
    const { tables } = this.#host;
    const [v4, v6, neighbours, forwarding] = await Promise.all([
      tables.routes({ family: 4, link: index }),
      tables.routes({ family: 6, link: index }),
      tables.neighbours({ link: index }),
      tables.forwarding({ link: index }),
    ]);
    return { routes: [...v4, ...v6], neighbours, forwarding };
  }

  /** The refusals. That what is to be deleted is gone is none. */
  async #settle(requests: readonly NetlinkRequest[]): Promise<Error[]> {
    const answers = await this.#host.tables.settle(requests);
    return requests.flatMap((request, index) => {
      const answer = answers[index];
      const refused = answer === undefined || answer.errno === 0 ? undefined : refusal(request, answer, index);
      return refused === undefined || isRefusal(refused, 'ENOENT', 'ESRCH', 'EADDRNOTAVAIL') ? [] : [refused];
    });
  }

  /** The device of this node, ready to take addresses; one that was made for other settings is made anew. */
  async #ensureDevice(self: OverlayNode): Promise<Link> {
    const { tables } = this.#host;
    const carrier = await this.#carrierOf(self.address);
    const mtu = overlayMtu(carrier.mtu, addressFamily(self.address));
    const found = await tables.link(this.#device);
    const fits = found !== undefined && this.#fits(found, carrier, self);
    if (found !== undefined && !fits) await tables.run(deleteLink(found.index));
    const device = fits ? found : await this.#makeDevice(self, carrier, mtu);
    // Each time: whoever made the device may have been killed before it came to this.
    this.#host.setSysctl({
      [`net/ipv6/conf/${this.#device}/accept_ra`]: 0,
      // Nobody else can have its addresses, and until that is known it could not send.
      [`net/ipv6/conf/${this.#device}/accept_dad`]: 0,
      'net.ipv4.ip_forward': 1,
      'net.ipv6.conf.all.forwarding': 1,
    });
    if (!device.up || device.mtu !== mtu) await tables.run(setLink(device.index, { mtu, up: true }));
    return { ...device, mtu, up: true };
  }

  async #makeDevice(self: OverlayNode, carrier: Link, mtu: number): Promise<Link> {
    const { tables } = this.#host;
    await tables.run(
      newLink({
        kind: 'vxlan',
        name: this.#device,
        id: this.#vni,
        port: this.#port,
        local: self.address,
        link: carrier.index,
        mac: tunnelMac(self.name),
        mtu,
      }),
    );
    const made = await tables.link(this.#device);
    if (made === undefined) throw networkErrors.NO_DEVICE({ address: self.address });
    return made;
  }

  #fits({ kind, mac, details }: Link, carrier: Link, self: OverlayNode): boolean {
    return (
      kind === 'vxlan' &&
      mac === tunnelMac(self.name) &&
      details?.['id'] === this.#vni &&
      details['port'] === this.#port &&
      details['link'] === carrier.index &&
      details['local'] === self.address
    );
  }

  async #carrierOf(address: string): Promise<Link> {
    const { tables } = this.#host;
    const owner = (await tables.addresses()).find((one) => one.address.split('/')[0] === address);
    const link = owner === undefined ? undefined : await tables.link(owner.link);
    if (link === undefined) throw networkErrors.NO_DEVICE({ address });
    return link;
  }
}

/** What gives a device the node's addresses and takes others away. Link-local ones are the kernel's. Pure. */
function addressChanges(
  link: number,
  present: readonly InterfaceAddress[],
  { podNetworks }: OverlayNode,
): NetlinkRequest[] {
  const wanted = podNetworks.map(tunnelAddress).map((one) => `${one}/${addressFamily(one) === 6 ? 128 : 32}`);
  const usable = new Set(present.filter(({ duplicate }) => !duplicate).map(({ address }) => address));
  const surplus = present.filter(({ address, scope }) => scope === 'global' && !wanted.includes(address));
  return [
    ...surplus.map(({ address }) => deleteAddress({ link, address })),
    ...wanted
      .filter((address) => !usable.has(address))
      .map((address) => addAddress({ link, address, noDuplicateDetection: address.endsWith('/128') })),
  ];
}

/** What makes the tables of a device fit the plan: first what is missing or differs, then what is too much. Pure. */
function overlayChanges(link: number, present: Present, plan: OverlayPlan): NetlinkRequest[] {
  const routes = new Map(present.routes.map((one) => [one.destination, one]));
  const neighbours = new Map(present.neighbours.map((one) => [one.address, one]));
  const forwarding = new Set(present.forwarding.map(({ mac, destination }) => `${mac} ${destination ?? ''}`));
  const wanted = {
    routes: new Set(plan.routes.map(({ destination }) => destination)),
    neighbours: new Set(plan.neighbours.map(({ address }) => address)),
    forwarding: new Set(plan.forwarding.map(({ mac, destination }) => `${mac} ${destination ?? ''}`)),
  };
  return [
    ...plan.forwarding
      .filter(({ mac, destination }) => !forwarding.has(`${mac} ${destination ?? ''}`))
      .map((one) => setForwarding({ ...one, link })),
    ...plan.neighbours
      .filter(({ address, mac }) => neighbours.get(address)?.mac !== mac)
      .map((one) => setNeighbour({ ...one, link })),
    ...plan.routes
      .filter(({ destination, gateway }) => routes.get(destination)?.gateway !== gateway)
      .map((one) => replaceRoute({ ...one, link })),
    ...present.routes
      .filter(({ destination, protocol }) => protocol === overlayProtocol && !wanted.routes.has(destination))
      .map(({ destination, gateway }) =>
        deleteRoute({ destination, link, protocol: overlayProtocol, ...(gateway === undefined ? {} : { gateway }) }),
      ),
    ...present.neighbours
      .filter(({ address, permanent }) => permanent && !wanted.neighbours.has(address))
      .map(({ address }) => deleteNeighbour({ link, address })),
    ...present.forwarding
      .filter(({ mac, destination, permanent }) => permanent && !wanted.forwarding.has(`${mac} ${destination ?? ''}`))
      .map(({ mac, destination }) =>
        deleteForwarding({ link, mac, ...(destination === undefined ? {} : { destination }) }),
      ),
  ];
}

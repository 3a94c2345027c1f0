import { addAddress, newLink, NetworkNamespace, removeNetworkNamespace, Rtnetlink, setLink } from '@kubewright/linux';
import type { CniResult } from '@kubewright/cni-sdk';
import type { Container } from './container.js';

/** The device that plugins which need one below theirs are configured with. */
const uplink = 'uplink0';
/** Its other end. */
const wire = 'wire0';

/**
 * The network namespace that stands for the machine: plugins run in it, so that nothing of the real machine changes. It has the
 * loopback and one Ethernet device.
 */
export class Machine implements AsyncDisposable {
  readonly namespace: NetworkNamespace;
  readonly #own: boolean;

  private constructor(namespace: NetworkNamespace, own: boolean) {
    this.namespace = namespace;
    this.#own = own;
  }

  static async create(path: string): Promise<Machine> {
    const machine = new Machine(NetworkNamespace.create(path), true);
    try {
      const cable = newLink({ kind: 'veth', name: uplink, peer: { name: wire } });
      const up = ['lo', uplink, wire].map((name) => setLink(name, { up: true }));
      await machine.inside((tables) => tables.run(cable, ...up));
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** One that exists already, and stays. */
  static open(path: string): Machine {
    return new Machine(NetworkNamespace.open(path), false);
  }

  async inside<T>(work: (tables: Rtnetlink) => Promise<T>): Promise<T> {
    await using tables = Rtnetlink.open({ namespace: this.namespace });
    return await work(tables);
  }

  /** Connects a container as the first plugin of a chain would, and returns what that one would have printed. */
  async connect(container: Container, number: number, hostName: string): Promise<CniResult> {
    const gateway = '10.214.0.1';
    const address = `10.214.0.${number + 1}/24`;
    const peer = { name: container.ifName, namespaceDescriptor: container.namespace.descriptor };
    const host = await this.inside(async (tables) => {
      await tables.run(newLink({ kind: 'veth', name: hostName, peer }), setLink(hostName, { up: true }));
      return tables.link(hostName);
    });
    const inner = await container.inside(async (tables) => {
      const link = await tables.link(container.ifName);
      const index = link?.index ?? 0;
      await tables.run(setLink(index, { up: true }), addAddress({ link: index, address }));
      return link;
    });
    return {
      interfaces: [
        { name: hostName, mac: host?.mac ?? '' },
        { name: container.ifName, mac: inner?.mac ?? '', sandbox: container.netns },
      ],
      ips: [{ address, gateway, interface: 1 }],
      dns: { nameservers: ['10.214.0.53'] },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.namespace.close();
    if (this.#own) await removeNetworkNamespace(this.namespace.path);
  }
}

import type { CniResult } from '@kubewright/cni-sdk';
import { NetworkNamespace, removeNetworkNamespace, Rtnetlink } from '@kubewright/linux';

/** What stands for a container: an id, and a network namespace where the check has one. */
export class Container implements AsyncDisposable {
  readonly id: string;
  /** Path of the namespace; one that does not exist where the check needs none. */
  readonly netns: string;
  readonly ifName: string;
  /** What came before the plugin in its chain; for chained plugins. */
  prevResult: CniResult | undefined;
  readonly #namespace: NetworkNamespace | undefined;

  private constructor(id: string, netns: string, ifName: string, namespace: NetworkNamespace | undefined) {
    this.id = id;
    this.netns = netns;
    this.ifName = ifName;
    this.#namespace = namespace;
  }

  static create(id: string, netns: string, ifName: string): Container {
    return new Container(id, netns, ifName, NetworkNamespace.create(netns));
  }

  /** A container in name only. */
  static unmade(id: string, netns: string, ifName: string): Container {
    return new Container(id, netns, ifName, undefined);
  }

  get namespace(): NetworkNamespace {
    if (this.#namespace === undefined) throw new Error(`container '${this.id}' was made without a namespace`);
    return this.#namespace;
  }

  /** The same container's other interface. */
  withInterface(ifName: string): Container {
    return new Container(this.id, this.netns, ifName, this.#namespace);
  }

  /** Looks at, or changes, the tables of the namespace. */
  async inside<T>(work: (tables: Rtnetlink) => Promise<T>): Promise<T> {
    await using tables = Rtnetlink.open({ namespace: this.namespace });
    return await work(tables);
  }

  /** Removes the namespace and all that is in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#namespace === undefined) return;
    this.#namespace.close();
    await removeNetworkNamespace(this.netns);
  }
}

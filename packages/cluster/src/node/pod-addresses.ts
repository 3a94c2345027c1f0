/** Hands out the addresses of one node's Pods: the lowest that is free, from `.2` to `.254` of its /24. */
export class PodAddresses {
  readonly #prefix: string;
  readonly #byUid = new Map<string, string>();
  readonly #used = new Set<string>();

  /** @param cidr - a /24, as `10.244.0.0/24`. */
  constructor(cidr: string) {
    this.#prefix = cidr.slice(0, cidr.lastIndexOf('.') + 1);
  }

  /** The Pod's address, the same each time; undefined where none is left. `known` is the one that its status has already. */
  take(uid: string, known?: string): string | undefined {
    const held = this.#byUid.get(uid);
    if (held !== undefined) return held;
    const address = known !== undefined && !this.#used.has(known) ? known : this.#lowest();
    if (address === undefined) return undefined;
    this.#byUid.set(uid, address);
    this.#used.add(address);
    return address;
  }

  release(uid: string): void {
    const address = this.#byUid.get(uid);
    if (address === undefined) return;
    this.#byUid.delete(uid);
    this.#used.delete(address);
  }

  #lowest(): string | undefined {
    for (let last = 2; last <= 254; last++) {
      const address = `${this.#prefix}${last}`;
      if (!this.#used.has(address)) return address;
    }
    return undefined;
  }
}

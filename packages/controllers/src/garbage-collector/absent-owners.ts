import { describeIdentity } from './object-identity.js';
import type { ObjectIdentity } from './object-identity.js';

/** kube-controller-manager remembers this many. */
const capacity = 500;

/**
 * Owners that are known not to exist, so that a thousand objects of one deleted owner cost one look-up. A uid never comes
 * back, so what is in here stays true; only the oldest are forgotten, to bound it.
 */
export class AbsentOwners {
  readonly #known = new Set<string>();

  add(identity: ObjectIdentity): void {
    const key = describeIdentity(identity);
    this.#known.delete(key);
    this.#known.add(key);
    if (this.#known.size <= capacity) return;
    const [oldest] = this.#known;
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  has(identity: ObjectIdentity): boolean {
    const key = describeIdentity(identity);
    if (!this.#known.delete(key)) return false;
    this.#known.add(key);
    return true;
  }
}

import { statusErrors } from '@kubewright/api';
import type { User } from '../../auth/authenticator.js';
import type { RequestInfo } from '../request-info.js';

export type SlotKind = 'reading' | 'mutating';

/** Of the slots, so much is kept for the system: whatever others do, nodes stay alive and an administrator gets in. */
const reserved = 1 / 4;
/** Of what is left, one user takes at most so much. */
const ownShare = 1 / 2;

const systemGroups = new Set(['system:masters', 'system:nodes']);
const systemUsers = new Set(['system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler']);
const systemAccounts = 'system:serviceaccount:kube-system:';

/** Whether a user is part of the cluster, or its administrator. */
export function isSystem({ name, groups }: User): boolean {
  return groups.some((group) => systemGroups.has(group)) || systemUsers.has(name) || name.startsWith(systemAccounts);
}

/**
 * How many requests may be worked on at a time. The system's own may take all slots, others three quarters of them and one user
 * half of those; Leases, by which everybody shows that he lives, may go half-way into what is kept for the system.
 */
export class RequestSlots {
  readonly #limits: Readonly<Record<SlotKind, number>>;
  readonly #taken = { reading: 0, mutating: 0 };
  readonly #byUser = { reading: new Map<string, number>(), mutating: new Map<string, number>() };

  constructor(limits: Readonly<Record<SlotKind, number>>) {
    this.#limits = limits;
  }

  /**
   * Takes a slot, which is free again when the result is disposed of.
   *
   * @throws 429 where none is left for this user.
   */
  take(kind: SlotKind, user: User, info: RequestInfo): Disposable {
    const limit = this.#limits[kind];
    const kept = Math.floor(limit * reserved);
    const system = isSystem(user);
    const lease = info.kind === 'resource' && info.group === 'coordination.k8s.io' && info.resource === 'leases';
    const open = system ? limit : limit - (lease ? Math.ceil(kept / 2) : kept);
    const users = this.#byUser[kind];
    const own = users.get(user.name) ?? 0;
    const ownLimit = Math.ceil((limit - kept) * ownShare);
    if (this.#taken[kind] >= open || (!system && !lease && own >= ownLimit))
      throw statusErrors.tooManyRequests('too many requests, please try again later.', 1);
    this.#taken[kind]++;
    users.set(user.name, own + 1);
    return { [Symbol.dispose]: () => this.#release(kind, user.name) };
  }

  #release(kind: SlotKind, user: string): void {
    this.#taken[kind]--;
    const users = this.#byUser[kind];
    const left = (users.get(user) ?? 1) - 1;
    if (left > 0) users.set(user, left);
    else users.delete(user);
  }
}

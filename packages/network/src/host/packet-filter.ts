import { inTurns } from '@kubewright/core/async';
import { isRefusal } from '@kubewright/linux';
import type { NetlinkRequest, NftChain, NftListedRule, Nftables, NftSet } from '@kubewright/linux';

interface Waiting {
  readonly changes: readonly NetlinkRequest[];
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Changes of the packet filter, several callers' at once: each commit may wait for the kernel's readers, so what is asked
 * for while one is under way goes together into the next. Each caller's changes are made all or not at all.
 */
export class PacketFilter {
  readonly #nftables: Nftables;
  #waiting: Waiting[] = [];
  #running = false;
  #founding: Promise<void> = Promise.resolve();

  constructor(nftables: Nftables) {
    this.#nftables = nftables;
  }

  /** @throws KW_LINUX_NETLINK of the first of these changes that was refused. */
  commit(...changes: readonly NetlinkRequest[]): Promise<void> {
    if (changes.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      void this.#work();
    });
  }

  /**
   * Commits what needs a table, its sets and its rules. Where they are missing, as at the first time or after somebody emptied
   * the packet filter, they are made together with the changes; by one caller, however many find them missing at once.
   */
  async commitInto(foundation: () => readonly NetlinkRequest[], ...changes: readonly NetlinkRequest[]): Promise<void> {
    if (await this.#commitIfFounded(changes)) return;
    const mine = this.#found(this.#founding, foundation, changes);
    this.#founding = mine.catch(() => undefined);
    await mine;
  }

  /** Commits deletions. That there is no such table or set is no error. */
  async commitDeletion(...changes: readonly NetlinkRequest[]): Promise<void> {
    try {
      await this.commit(...changes);
    } catch (error) {
      if (!isRefusal(error, 'ENOENT')) throw error;
    }
  }

  /** The keys of a set; none where there is no such set. */
  keys(set: Pick<NftSet, 'table' | 'name'>): Promise<Buffer[]> {
    return noneIfMissing(this.#nftables.keys(set));
  }

  /** The rules of a chain; none where there is no such chain. */
  rules(chain: NftChain): Promise<NftListedRule[]> {
    return noneIfMissing(this.#nftables.rules(chain));
  }

  async #found(
    before: Promise<void>,
    foundation: () => readonly NetlinkRequest[],
    changes: readonly NetlinkRequest[],
  ): Promise<void> {
    await before;
    if (!(await this.#commitIfFounded(changes))) await this.commit(...foundation(), ...changes);
  }

  async #commitIfFounded(changes: readonly NetlinkRequest[]): Promise<boolean> {
    try {
      await this.commit(...changes);
      return true;
    } catch (error) {
      if (!isRefusal(error, 'ENOENT')) throw error;
      return false;
    }
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const round = this.#waiting;
      this.#waiting = [];
      try {
        await this.#nftables.commit(...round.flatMap(({ changes }) => changes));
        await inTurns(round, ({ resolve }) => resolve());
      } catch (error) {
        if (round.length === 1) round[0]?.reject(error);
        else await this.#separately(round);
      }
    }
    this.#running = false;
  }

  /** One caller's mistake is not the others'. */
  async #separately(round: readonly Waiting[]): Promise<void> {
    for (const { changes, resolve, reject } of round) {
      try {
        await this.#nftables.commit(...changes);
        resolve();
      } catch (error) {
        reject(error);
      }
    }
  }
}

async function noneIfMissing<T>(listing: Promise<T[]>): Promise<T[]> {
  try {
    return await listing;
  } catch (error) {
    if (isRefusal(error, 'ENOENT')) return [];
    throw error;
  }
}

import { inTurns } from '@kubewright/core/async';
import { isRefusal } from '../netlink/message.js';
import type { Acknowledgement, NetlinkRequest } from '../netlink/message.js';
import { refusal } from '../netlink/message.js';
import { errnoNumber } from '../ffi/errno.js';
import { deleteLink, deleteLinkGroup, setLink } from './link.js';

/** What the reaper needs of `Rtnetlink`. It should have a socket of its own, since each round holds it for 20 to 30 ms. */
export interface LinkTables {
  run(...requests: readonly NetlinkRequest[]): Promise<void>;
  settle(requests: readonly NetlinkRequest[]): Promise<Acknowledgement[]>;
}

interface Waiting {
  readonly index: number;
  resolve(existed: boolean): void;
  reject(error: unknown): void;
}

/**
 * Deletes links together. A single deletion waits 20 to 30 ms for the kernel's readers, and the next one again; links of
 * one group go in one wait. What is asked for while a round is under way goes into the next round, so a lone deletion
 * is not held up and forty at once cost two rounds.
 */
export class LinkReaper {
  readonly #tables: LinkTables;
  readonly #group: number;
  #waiting: Waiting[] = [];
  #running = false;

  /** @param group - a link group that nobody else uses: whatever is in it gets deleted. */
  constructor(tables: LinkTables, group: number) {
    this.#tables = tables;
    this.#group = group;
  }

  /** Deletes the link. Resolves to whether it was there. The index must be fresh: the kernel may give it out again. */
  delete(index: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ index, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      // The calls of this turn of the loop go together.
      setImmediate(() => void this.#work());
    });
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const round = this.#waiting;
      this.#waiting = [];
      try {
        await (round.length === 1 ? this.#one(round) : this.#together(round));
      } catch (error) {
        for (const { reject } of round) reject(error);
      }
    }
    this.#running = false;
  }

  async #one(round: readonly Waiting[]): Promise<void> {
    for (const { index, resolve } of round) {
      try {
        await this.#tables.run(deleteLink(index));
        resolve(true);
      } catch (error) {
        if (!isRefusal(error, 'ENODEV')) throw error;
        resolve(false);
      }
    }
  }

  async #together(round: readonly Waiting[]): Promise<void> {
    const requests = round.map(({ index }) => setLink(index, { group: this.#group }));
    const answers = await this.#tables.settle(requests);
    if (answers.some(({ errno }) => errno === 0)) await this.#deleteGroup();
    await inTurns(round.entries(), ([position, { resolve, reject }]) => {
      const answer = answers[position];
      const request = requests[position];
      if (answer === undefined || request === undefined || answer.errno === 0) resolve(true);
      else if (answer.errno === errnoNumber('ENODEV')) resolve(false);
      else reject(refusal(request, answer, position));
    });
  }

  async #deleteGroup(): Promise<void> {
    try {
      await this.#tables.run(deleteLinkGroup(this.#group));
    } catch (error) {
      // Both ends of a pair, or the owner of the namespace, may have taken the last of them meanwhile.
      if (!isRefusal(error, 'ENODEV')) throw error;
    }
  }
}

import { rm, writeFile } from 'node:fs/promises';
import { hasCode } from '@kubewright/core';

/** More than the records that are written at once, each of which takes a block. Bytes. */
const size = 64 * 1024;

/** Room that is kept back on the disk: when it is full, what will make room can still be written down. */
export class Reserve {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static async open(path: string): Promise<Reserve> {
    const reserve = new Reserve(path);
    await reserve.#fill();
    return reserve;
  }

  /** Does a write that lets something go, with the room that is kept back where there is no other. */
  async use(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!isFull(error)) throw error;
      await rm(this.#path, { force: true });
      try {
        await write();
      } finally {
        await this.#fill();
      }
    }
  }

  /** As much of it as there is room for. */
  async #fill(): Promise<void> {
    try {
      await writeFile(this.#path, Buffer.alloc(size, 1), { mode: 0o600 });
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }
}

function isFull(error: unknown): boolean {
  return hasCode(error, 'ENOSPC', 'EDQUOT');
}

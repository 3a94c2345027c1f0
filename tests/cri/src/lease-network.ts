import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@kubewright/core';
import { LoopbackNetwork } from '@kubewright/runtime';
import type { PodAttachment, PodNetwork } from '@kubewright/runtime';

/** A network whose addresses are files, so that one that nobody gave back can be seen. */
export class LeaseNetwork implements PodNetwork {
  readonly name = 'leases';
  readonly #directory: string;
  readonly #loopback = new LoopbackNetwork();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async attach(pod: PodAttachment): Promise<readonly string[]> {
    await mkdir(this.#directory, { recursive: true });
    await this.#loopback.attach(pod);
    // A lease comes to be with its owner's name in it, or not at all.
    const made = join(this.#directory, `.${pod.id}`);
    await writeFile(made, pod.id);
    for (let last = 2; ; last++) {
      const address = `10.99.0.${last}`;
      try {
        await link(made, join(this.#directory, address));
        await rm(made);
        return [address];
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw error;
      }
    }
  }

  async detach({ id }: PodAttachment): Promise<void> {
    // One that was cut off while it was made may have no name in it yet.
    await rm(join(this.#directory, `.${id}`), { force: true });
    for (const address of await readdir(this.#directory).catch(() => [])) {
      const path = join(this.#directory, address);
      if ((await readFile(path, 'utf8').catch(() => '')) === id) await rm(path, { force: true });
    }
  }

  async problem(): Promise<undefined> {
    return undefined;
  }
}

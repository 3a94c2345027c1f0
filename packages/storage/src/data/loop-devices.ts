import { readFile, readdir } from 'node:fs/promises';
import type { Commands } from '@kubewright/csi-sdk';

const blockDevices = '/sys/block';

/** Block devices that show an image file. */
export interface LoopDevices {
  /** The device of an image, as `/dev/loop0`; undefined where it has none. */
  find(image: string): Promise<string | undefined>;
  /** The image's device; one is made where it has none. */
  attach(image: string, options: { readonly readOnly: boolean }): Promise<string>;
  /** Takes a device away; if something still uses it, it goes when that is done. */
  detach(device: string): Promise<void>;
  /** Makes a device as large as its image has become. */
  refresh(device: string): Promise<void>;
}

/**
 * Loop devices of this machine. What is attached is read from the kernel, so nothing has to be remembered over a
 * restart.
 */
export class SystemLoopDevices implements LoopDevices {
  readonly #commands: Commands;

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  async find(image: string): Promise<string | undefined> {
    for (const name of await readdir(blockDevices)) {
      if (name.startsWith('loop') && (await backingFile(name)) === image) return `/dev/${name}`;
    }
    return undefined;
  }

  async attach(image: string, { readOnly }: { readonly readOnly: boolean }): Promise<string> {
    const found = await this.find(image);
    if (found !== undefined) return found;
    const access = readOnly ? ['--read-only'] : [];
    return (await this.#commands.run('losetup', [...access, '--find', '--show', image])).output;
  }

  async detach(device: string): Promise<void> {
    await this.#commands.run('losetup', ['--detach', device]);
  }

  async refresh(device: string): Promise<void> {
    await this.#commands.run('losetup', ['--set-capacity', device]);
  }
}

/** Undefined for a device that shows nothing, or that goes away at this moment. */
async function backingFile(name: string): Promise<string | undefined> {
  const text = await readFile(`${blockDevices}/${name}/loop/backing_file`, 'utf8').catch(() => undefined);
  return text?.trimEnd();
}

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import { parseCdiSpec } from './cdi-spec.js';
import type { CdiSpec, ContainerEdits } from './cdi-spec.js';

/** What was installed, and what comes and goes with the machine's devices; what comes later in the list wins. */
const defaultDirectories = ['/etc/cdi', '/var/run/cdi'];

export interface CdiDevicesOptions {
  /** Default: `/etc/cdi` and `/var/run/cdi`; the later one wins. */
  readonly directories?: readonly string[];
  readonly logger: Logger;
}

/** The devices that files on this machine describe. Nothing is remembered, so that a file counts as soon as it is there. */
export class CdiDevices {
  readonly #directories: readonly string[];
  readonly #logger: Logger;

  constructor({ directories = defaultDirectories, logger }: CdiDevicesOptions) {
    this.#directories = directories;
    this.#logger = logger;
  }

  /**
   * What a container with these devices gets, in the order in which it is applied. A file that cannot be used is left out.
   *
   * @param names - as `example.com/gpu=0`
   * @throws CDI_UNKNOWN for a device that no file describes, or two of one directory do
   */
  async edits(names: readonly string[]): Promise<readonly ContainerEdits[]> {
    if (names.length === 0) return [];
    const specs: CdiSpec[][] = [];
    for (const directory of this.#directories) specs.push(await this.#read(directory));
    const shared = new Set<CdiSpec>();
    return names.flatMap((name) => {
      const { spec, edits } = this.#find(specs, name);
      const first = !shared.has(spec);
      shared.add(spec);
      return first && spec.containerEdits !== undefined ? [spec.containerEdits, edits] : [edits];
    });
  }

  #find(specs: readonly (readonly CdiSpec[])[], name: string): { spec: CdiSpec; edits: ContainerEdits } {
    for (const ofDirectory of specs.toReversed()) {
      const found = ofDirectory.flatMap((spec) =>
        spec.devices
          .filter((device) => `${spec.kind}=${device.name}` === name)
          .map(({ containerEdits }) => ({ spec, edits: containerEdits })),
      );
      const [only] = found;
      if (found.length > 1) throw runtimeErrors.CDI_UNKNOWN({ name, reason: 'two files describe it' });
      if (only !== undefined) return only;
    }
    throw runtimeErrors.CDI_UNKNOWN({ name, reason: `no file in ${this.#directories.join(' or ')} describes it` });
  }

  async #read(directory: string): Promise<CdiSpec[]> {
    const names = await readdir(directory).catch(() => []); // A directory that is not there has no devices.
    const files = names.filter((name) => /^[^.].*\.(json|yaml)$/.test(name)).toSorted();
    const specs = await Promise.all(
      files.map(async (name) => {
        const path = join(directory, name);
        try {
          return [await parseCdiSpec(path, await readFile(path, 'utf8'))];
        } catch (error) {
          this.#logger.warn('a description of devices is left out', { path, error });
          return [];
        }
      }),
    );
    return specs.flat();
  }
}

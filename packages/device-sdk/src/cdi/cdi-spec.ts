/** Files of the Container Device Interface, by which a runtime learns what a device name stands for. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '@kubewright/core';
import { deviceErrors } from '../errors.js';

/** The oldest version that has all of what is used here. */
const cdiVersion = '0.6.0';
const defaultDirectory = '/var/run/cdi';

/** What a container gets. */
export interface ContainerEdits {
  /** As `NAME=value`. */
  readonly env?: readonly string[];
  readonly deviceNodes?: readonly {
    readonly path: string;
    readonly hostPath?: string;
    readonly permissions?: string;
  }[];
  readonly mounts?: readonly {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly options?: readonly string[];
  }[];
}

export interface CdiSpec {
  /** A vendor and a class, as `example.com/gpu`. A device's full name is `KIND=NAME`. */
  readonly kind: string;
  readonly devices: readonly { readonly name: string; readonly containerEdits: ContainerEdits }[];
  /** For containers that get any of the devices. */
  readonly containerEdits?: ContainerEdits;
}

export interface CdiFileOptions {
  readonly random: Random;
  /** Tells several files of one kind apart, as the UID of a claim. Default: none. */
  readonly id?: string;
  /** Default: `/var/run/cdi`, which does not outlive a boot. */
  readonly directory?: string;
}

/** Puts a file in place at once; a runtime never reads a part of it. @throws INVALID_CDI_KIND */
export async function writeCdiSpec(spec: CdiSpec, options: CdiFileOptions): Promise<string> {
  const path = cdiPath(spec.kind, options);
  const { directory = defaultDirectory, random } = options;
  await mkdir(directory, { recursive: true });
  const unfinished = join(directory, `.${random.uuid()}`);
  try {
    const file = await open(unfinished, 'wx', 0o644);
    try {
      await file.writeFile(`${JSON.stringify({ cdiVersion, ...spec }, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return path;
}

/** Removes a file that `writeCdiSpec` wrote; one that is gone already is no error. */
export async function removeCdiSpec(kind: string, options: Omit<CdiFileOptions, 'random'>): Promise<void> {
  await rm(cdiPath(kind, options), { force: true });
}

function cdiPath(kind: string, { directory = defaultDirectory, id }: Omit<CdiFileOptions, 'random'>): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]*\/[A-Za-z0-9][A-Za-z0-9._-]*$/.test(kind))
    throw deviceErrors.INVALID_CDI_KIND({ kind });
  const suffix = id === undefined ? '' : `_${id.replaceAll(/[^A-Za-z0-9.-]/g, '-')}`;
  return join(directory, `${kind.replace('/', '-')}${suffix}.json`);
}

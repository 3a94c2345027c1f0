import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemRandom } from '@kubewright/core';
import { LinuxMounter } from '@kubewright/csi-sdk';
import { startDriver } from '@kubewright/csi-sdk/testing';
import type { StartedDriver } from '@kubewright/csi-sdk/testing';
import { HostPathDriver } from '../driver/host-path-driver.js';
import type { HostPathOptions } from '../options.js';

/** A started driver, the directory that it keeps volumes in, and one for mounting. */
export interface StartedHostPathDriver extends StartedDriver<HostPathDriver> {
  readonly root: string;
  readonly mountDirectory: string;
}

/**
 * Starts the driver on directories of its own, or on a `root` that an earlier one left. Disposing it unmounts
 * everything below its mount directory and removes what it made.
 */
export async function startHostPathDriver(
  options: Partial<HostPathOptions> = {},
  mountDirectory?: string,
): Promise<StartedHostPathDriver> {
  const directory = await mkdtemp(join(tmpdir(), 'kw-hostpath-'));
  const root = options.root ?? join(directory, 'root');
  const mounts = mountDirectory ?? join(directory, 'mounts');
  await mkdir(mounts, { recursive: true });
  const started = await startDriver(
    (clock, logger, metrics) =>
      new HostPathDriver(clock, logger, metrics, new SystemRandom(), { nodeId: 'node-1', ...options, root }),
  ).catch(async (error: unknown) => {
    await rm(directory, { recursive: true });
    throw error;
  });
  return {
    ...started,
    root,
    mountDirectory: mounts,
    [Symbol.asyncDispose]: async () => {
      await started[Symbol.asyncDispose]();
      await unmountBelow(directory);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What a failed test left mounted would otherwise be deleted with the directory. */
async function unmountBelow(directory: string): Promise<void> {
  const mounter = new LinuxMounter();
  const below = (await mounter.mounts()).filter(({ mountPoint }) => mountPoint.startsWith(`${directory}/`));
  for (const { mountPoint } of below.toReversed()) await mounter.unmount(mountPoint, { detach: true });
}

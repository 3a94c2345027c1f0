import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noMetrics, silentLogger, SystemClock } from '@kubewright/core';
import type { Clock, Logger, Metrics } from '@kubewright/core';
import { createCsiClient } from '../client/csi-client.js';
import type { CsiClient } from '../client/csi-client.js';
import type { CsiDriver } from '../driver/csi-driver.js';

/** A driver on a socket in a directory of its own, and a client for it. Disposing it stops and removes all of it. */
export interface StartedDriver<D extends CsiDriver> extends AsyncDisposable {
  readonly driver: D;
  readonly client: CsiClient;
  readonly socketPath: string;
}

/**
 * Starts a driver without a host.
 *
 * ```ts
 * await using started = await startDriver((...services) => new FakeDriver(...services));
 * ```
 */
export async function startDriver<D extends CsiDriver>(
  driver: (clock: Clock, logger: Logger, metrics: Metrics) => D,
  services: { readonly clock?: Clock; readonly logger?: Logger } = {},
): Promise<StartedDriver<D>> {
  const { clock = new SystemClock(), logger = silentLogger } = services;
  const directory = await mkdtemp(join(tmpdir(), 'kw-csi-'));
  const socketPath = join(directory, 'csi.sock');
  const instance = driver(clock, logger, noMetrics);
  const client = createCsiClient({ address: socketPath, clock });
  const dispose = async (): Promise<void> => {
    client[Symbol.dispose]();
    await instance.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await instance.serve(socketPath);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { driver: instance, client, socketPath, [Symbol.asyncDispose]: dispose };
}

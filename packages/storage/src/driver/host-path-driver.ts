import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Clock, Logger, Metrics, Plugin, Random, inject } from '@kubewright/core';
import { CsiDriver } from '@kubewright/csi-sdk';
import type { CsiDriverSettings, DriverFeatures } from '@kubewright/csi-sdk';
import { FileLock } from '@kubewright/linux';
import { storageErrors } from '../errors.js';
import { openPool } from '../volumes/host-path-pool.js';
import type { HostPathPool } from '../volumes/host-path-pool.js';
import { recover } from '../volumes/recover.js';
import { HostPathController } from './host-path-controller.js';
import { HostPathGroups } from './host-path-groups.js';
import { HostPathNode } from './host-path-node.js';
import { HostPathOptions, defaultDriverName } from '../options.js';

const version = '0.1.0';
/** A driver that is being replaced may need a moment to end, in milliseconds. */
const lockWait = 5_000;

/**
 * Serves volumes from a directory of its node. Controller and node service run in the same process, so it is for
 * clusters of one node, or for one driver per node with topology.
 */
@Plugin({ name: 'hostpath-csi-driver' })
export class HostPathDriver extends CsiDriver {
  readonly name: string;
  readonly version = version;
  override readonly features: DriverFeatures = { topology: true };
  override readonly settings: CsiDriverSettings;
  override readonly controller = new HostPathController(() => this.#opened());
  override readonly node = new HostPathNode(() => this.#opened());
  override readonly groupController = new HostPathGroups(() => this.#opened());
  readonly #options: HostPathOptions;
  readonly #random: Random;
  #pool: HostPathPool | undefined;
  #lock: FileLock | undefined;

  constructor(
    @inject(Clock) clock: Clock,
    @inject(Logger) logger: Logger,
    @inject(Metrics) metrics: Metrics,
    @inject(Random) random: Random,
    @inject(HostPathOptions) options: HostPathOptions,
  ) {
    super(clock, logger, metrics);
    this.#options = options;
    this.#random = random;
    this.name = options.name ?? defaultDriverName;
    this.settings = options;
  }

  /** Sees to what an earlier run left half done, then serves. @throws ROOT_IN_USE, RECORD_UNREADABLE */
  override async serve(endpoint: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { clock, logger } = this;
    await mkdir(this.#options.root, { recursive: true, mode: 0o700 });
    this.#lock = await lockRoot(this.#options.root, clock);
    try {
      const pool = await openPool(this.#options, { clock, logger, random: this.#random });
      await recover(pool);
      this.#pool = pool;
      await super.serve(endpoint, options);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  override async stop(): Promise<void> {
    await super.stop();
    this.#lock?.release();
  }

  /** The pool is there before the first call can come in. */
  #opened(): HostPathPool {
    if (this.#pool === undefined) throw storageErrors.NOT_OPEN({ root: this.#options.root });
    return this.#pool;
  }
}

/** Two processes on one directory would undo each other's work as if it were left from a crash. */
async function lockRoot(root: string, clock: Clock): Promise<FileLock> {
  const given = new AbortController();
  const timer = clock.setTimer(lockWait, () => given.abort(storageErrors.ROOT_IN_USE({ root })));
  try {
    return await FileLock.acquire(join(root, 'lock'), { clock, signal: given.signal });
  } finally {
    timer.cancel();
  }
}

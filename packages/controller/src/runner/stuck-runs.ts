/**
 * Runs that do not end though they were told to. Their worker goes on with other keys; the key of such a run stays with it
 * until it ends, so that it never runs twice at once.
 */
import type { Clock, Counter, Gauge, Logger, Metrics } from '@kubewright/core';
import { controllerErrors } from '../errors/controller-errors.js';

export interface StuckRunsOptions {
  readonly name: string;
  /** Milliseconds after which a run is told to end; undefined: never, and nothing is ever stuck. */
  readonly timeout: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Milliseconds that a run gets to end after its signal aborted: requests that obey it end at once. */
const grace = 1_000;
/** So many runs are left to themselves at most; beyond, workers wait, so that what they wait for is not flooded. */
const maximal = 100;

export class StuckRuns {
  readonly #options: StuckRunsOptions;
  /** When each began, on the monotonic clock. */
  readonly #since = new Map<string, number>();
  readonly #total: Counter;
  readonly #now: Gauge;

  constructor(options: StuckRunsOptions) {
    this.#options = options;
    const labelNames = ['controller'];
    const series = [{ controller: options.name }];
    this.#total = options.metrics.counter({
      name: 'kubewright_stuck_reconciles_total',
      help: 'Reconciles that did not end when they were told to.',
      labelNames,
      series,
    });
    this.#now = options.metrics.gauge({
      name: 'kubewright_stuck_reconciles',
      help: 'Reconciles that were told to end and still run.',
      labelNames,
      series,
    });
  }

  /**
   * Resolves when the run has ended, or when it is stuck and its worker shall go on. Never rejects: where a run does (a logger
   * that throws), there is nobody left to tell, and the worker is needed.
   */
  async ended(key: string, run: Promise<void>): Promise<void> {
    const { timeout, clock } = this.#options;
    if (timeout === undefined) return run.catch(() => undefined);
    const began = clock.monotonic();
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(timeout + grace, () => {
        this.#found(key, began);
        if (this.#since.size <= maximal) resolve();
      });
      const end = (): void => {
        timer.cancel();
        resolve();
        if (this.#since.delete(key)) this.#recovered(key, began);
      };
      run.then(end, end);
    });
  }

  /** For readiness: which runs do not end; undefined where all do. */
  get problem(): string | undefined {
    const [oldest] = this.#since;
    if (oldest === undefined) return undefined;
    const [key, began] = oldest;
    const seconds = Math.round((this.#options.clock.monotonic() - began) / 1000);
    const others = this.#since.size === 1 ? '' : ` and for ${this.#since.size - 1} more`;
    return `controller ${this.#options.name} waits for its run of ${key}, which does not end after ${seconds} s${others}`;
  }

  #found(key: string, began: number): void {
    const { name: controller, timeout: milliseconds = 0, logger } = this.#options;
    this.#since.set(key, began);
    this.#total.increment({ controller });
    this.#now.set(this.#since.size, { controller });
    const error = controllerErrors.RECONCILE_STUCK({ controller, key, milliseconds });
    logger.error('a reconcile does not end', { controller, key, error });
  }

  #recovered(key: string, began: number): void {
    const { name: controller, clock, logger } = this.#options;
    this.#now.set(this.#since.size, { controller });
    const milliseconds = Math.round(clock.monotonic() - began);
    logger.warn('a reconcile that was stuck has ended', { controller, key, milliseconds });
  }
}
